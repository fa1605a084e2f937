"use strict";
// The split view: arrow keys in the list, what screen readers hear, and no loss of what was typed.
{
  const rows = () => [...document.querySelectorAll("#split-rows .split-row")];
  const form = () => document.getElementById("gateway_form");

  /* One stop for the Tab key: the chosen gateway, else the first. */
  function setTabStop(chosen) {
    const all = rows();
    const stop = chosen || all.find((row) => row.getAttribute("aria-current")) || all[0];
    for (const row of all) {
      row.tabIndex = row === stop ? 0 : -1;
      row.parentElement.querySelectorAll("button").forEach((button) => { button.tabIndex = row.tabIndex; });
    }
  }

  function move(event) {
    const all = rows();
    const at = all.indexOf(event.target.closest(".split-row"));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = all[Math.max(0, Math.min(all.length - 1, to))];
    setTabStop(next);
    next.focus();
  }

  function enterList(event) {
    if (event.key !== "ArrowDown" || event.target.id !== "split-query") return;
    event.preventDefault();
    const first = rows()[0];
    if (first) { setTabStop(first); first.focus(); }
  }

  function say(text) {
    const status = document.getElementById("split-status");
    if (status) status.textContent = text;
  }

  /* A form that was changed is not left without asking. */
  let typed = false;
  document.addEventListener("input", (event) => { if (form()?.contains(event.target)) typed = true; });
  document.addEventListener("submit", (event) => { if (event.target === form()) typed = false; });
  document.addEventListener("htmx:confirm", (event) => {
    if (!typed || event.detail.target?.id !== "split-main") return;
    event.preventDefault();
    if (window.confirm("Leave this gateway without saving what you typed?")) {
      typed = false;
      event.detail.issueRequest(true);
    }
  });

  document.addEventListener("keydown", move);
  document.addEventListener("keydown", enterList);
  document.addEventListener("htmx:afterSettle", (event) => {
    setTabStop();
    if (event.detail.target.id === "split-main") {
      typed = false;
      const main = document.getElementById("split-main");
      say(`${main.dataset.opened || "Payment gateways"} opened`);
    } else if (event.detail.target.id === "split-rows") {
      const count = Number(document.getElementById("split-rows").dataset.count);
      say(count === 1 ? "1 gateway" : `${count} gateways`);
    }
  });
  document.addEventListener("htmx:responseError", () => say("This did not work: load the page again."));

  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

  document.addEventListener("DOMContentLoaded", () => {
    setTabStop();
    document.querySelector("#split-rows .split-row[aria-current]")?.scrollIntoView({ block: "nearest" });
  });
}
