"use strict";
// The frame's few moving parts: the drawer on a phone, filter drop-downs, dismissed messages, copying, sending once.
{
  const narrow = window.matchMedia("(max-width: 900px)");

  function setUpDrawer() {
    const sidebar = document.getElementById("sidebar");
    const opener = document.getElementById("drawer-open");
    const closer = document.getElementById("drawer-close");
    const shade = document.getElementById("drawer-shade");
    const page = document.getElementById("page");
    if (!sidebar || !opener) return;

    function show(open) {
      document.body.classList.toggle("drawer-open", open);
      opener.setAttribute("aria-expanded", String(open));
      shade.hidden = !open;
      page.inert = open;
      if (open) closer.focus();
    }
    function close() {
      if (!document.body.classList.contains("drawer-open")) return;
      show(false);
      opener.focus();
    }
    opener.addEventListener("click", () => show(true));
    closer.addEventListener("click", close);
    shade.addEventListener("click", close);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    narrow.addEventListener("change", () => show(false));
  }

  function setUpFilters() {
    const filters = [...document.querySelectorAll("details.filter")];
    document.addEventListener("click", (event) => {
      filters.filter((each) => !each.contains(event.target)).forEach((each) => { each.open = false; });
    });
    document.addEventListener("keydown", (event) => {
      const open = filters.find((each) => each.open);
      if (event.key !== "Escape" || !open) return;
      open.open = false;
      open.querySelector("summary").focus();
    });
  }

  /* Buttons that need a script are hidden without one; those of swapped parts come later. */
  function showButtons() {
    document.querySelectorAll(".message-close").forEach((button) => { button.hidden = false; });
    if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  }

  async function press(event) {
    const button = event.target.closest?.("button");
    if (button?.matches(".message-close")) button.closest(".message").remove();
    if (!button?.matches("[data-copy]")) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.querySelector("span");
    label.textContent = "Copied";
    label.classList.remove("visually-hidden");
  }

  /* A form that asks the processor is sent once, and its button says that it works. */
  function sendOnce(event) {
    const words = event.target.dataset?.once;
    const button = event.submitter || event.target.querySelector("button[type=submit]");
    if (!words || !button) return;
    setTimeout(() => { button.disabled = true; button.textContent = words; });
  }

  /* A page that comes back from the browser's memory must not stay locked, nor keep a form that was sent. */
  function startAnew(event) {
    if (event.persisted && document.querySelector("form[data-once]")) window.location.reload();
  }

  document.addEventListener("DOMContentLoaded", () => {
    setUpDrawer();
    setUpFilters();
    showButtons();
  });
  document.addEventListener("click", press);
  document.addEventListener("submit", sendOnce);
  window.addEventListener("pageshow", startAnew);
  document.addEventListener("htmx:afterSettle", showButtons);
}
