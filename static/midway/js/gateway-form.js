"use strict";
// The gateway's form: its type decides the fields; previews of the bank statement and of mails; the password.
{
  const field = (name) => document.getElementById(`id_${name}`);
  const row = (name) => document.querySelector(`.form-row[data-field="${name}"]`);

  function kinds() {
    const data = document.getElementById("gateway-kinds");
    return data ? JSON.parse(data.textContent) : null;
  }

  function showKind() {
    const all = kinds();
    const kind = all && field("processor") ? all[field("processor").value] : null;
    if (!kind) return;
    const typed = new Set(Object.values(all).flatMap((each) => each.fields));
    typed.forEach((name) => { if (row(name)) row(name).hidden = !kind.fields.includes(name); });
    for (const [name, label] of Object.entries(kind.labels)) {
      const shown = row(name)?.querySelector("label");
      if (shown) shown.textContent = label;
    }
    for (const [name, help] of Object.entries(kind.helps)) {
      const shown = row(name)?.querySelector(".help > div");
      if (shown) shown.innerHTML = help;
    }
    showWords(kind);
  }

  function showWords(kind) {
    document.querySelector("[data-kind-about]").textContent = kind.about;
    document.querySelectorAll("[data-about-cards]").forEach((part) => { part.hidden = !kind.takesCards; });
    const whyNot = document.querySelector("[data-kind-why-not]");
    whyNot.hidden = !kind.whyNot;
    whyNot.querySelector("[data-text]").textContent = kind.whyNot;
    const home = kind.fields.includes("secret_key") ? "secret_key" : "processor";
    document.querySelectorAll("[data-kind-not-needed]").forEach((list) => {
      const facts = list.dataset.kindNotNeeded === home ? kind.notNeeded.map(fact) : [];
      list.hidden = !facts.length;
      list.replaceChildren(...facts);
    });
  }

  function fact([what, why]) {
    const pair = document.createElement("div");
    const [term, words] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = what;
    words.textContent = why;
    pair.append(term, words);
    return pair;
  }

  /* The rules of gateways/processors/descriptors.py. */
  const LONGEST = 22, JOINT = "* ", SHORTEST_PREFIX = 2;

  function problemOf(suffix, prefix) {
    const room = LONGEST - JOINT.length - Math.max(prefix.length, SHORTEST_PREFIX);
    if (/[<>\\'"*]/.test(suffix)) return "A suffix has none of < > \\ ' \" and *: leave them out.";
    if (/[^\x20-\x7e]/.test(suffix)) return "A suffix has Latin letters without accents, digits and spaces.";
    if (!/[A-Za-z]/.test(suffix)) return "A suffix needs at least one letter: an order number alone will not do.";
    if (suffix.length > room) return `A suffix has ${room} characters at most${prefix ? ` beside the prefix ${prefix}` : ""}: shorten it.`;
    return "";
  }

  function showStatement() {
    const box = document.getElementById("statement");
    if (!box || !field("descriptor_suffix")) return;
    const prefix = box.dataset.prefix;
    const suffix = field("descriptor_suffix").value.trim();
    const problem = suffix ? problemOf(suffix, prefix) : "";
    const shown = prefix || "YOUR PREFIX";
    const silent = field("do_not_send_descriptor")?.checked;
    const ending = silent ? "" : field("send_product_as_suffix")?.checked ? "PRODUCT NAME" : suffix;
    document.getElementById("statement-text").textContent = ending ? `${shown}${JOINT}${ending}`.slice(0, prefix ? LONGEST : 40) : shown;
    box.classList.toggle("is-wrong", Boolean(problem));
    const about = silent ? "Stripe’s own setting decides the whole text." : prefix ? "" : "The prefix is read from Stripe when the keys are saved.";
    document.getElementById("statement-note").textContent = problem || about;
  }

  function showService() {
    const box = document.getElementById("service-preview");
    if (!box) return;
    const text = box.dataset.lines.replace(/\{(\w+)\}/g, (token, name) => field(name)?.value.trim() || token);
    box.querySelector(".service-text").textContent = text;
  }

  /* The password is asked for when a key is typed. */
  function showPassword() {
    const asked = row("current_password");
    if (!asked) return;
    const wanted = ["secret_key", "signing_secret"].some((name) => field(name)?.value);
    asked.hidden = !wanted && !asked.classList.contains("errors");
  }

  function refresh() {
    showKind();
    showStatement();
    showService();
    showPassword();
  }

  document.addEventListener("input", (event) => { if (event.target.closest("#gateway_form")) refresh(); });
  document.addEventListener("DOMContentLoaded", refresh);
  document.addEventListener("htmx:afterSettle", refresh);
}
