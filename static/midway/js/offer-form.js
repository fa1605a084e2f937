"use strict";
// The form of an offer: what its kind and its terms do not need is out of sight, and a new cycle gets its number.
{
  const value = (name) => document.getElementById(`id_${name}`)?.value;

  /* A field that shows an error stays in sight. */
  function show(element, wanted) {
    if (element) element.hidden = !wanted && !element.querySelector(".errorlist");
  }

  function adapt() {
    const kind = value("kind");
    if (kind) {
      show(document.querySelector(".form-row.field-repeats"), kind === "recurring");
      show(document.getElementById("cycles-group"), kind === "recurring");
    }
    const terms = value("terms");
    if (terms) show(document.querySelector(".form-row.field-deposit_amount"), terms === "deposit");
  }

  function numberCycle(row) {
    const field = row.querySelector?.("input[name$='-number']");
    if (!field || field.value) return;
    const others = [...document.querySelectorAll("#cycles-group tr:not(.empty-form) input[name$='-number']")];
    field.value = Math.max(1, ...others.map((other) => Number(other.value) || 0)) + 1;
  }

  document.addEventListener("DOMContentLoaded", adapt);
  document.addEventListener("change", (event) => {
    if (["id_kind", "id_terms"].includes(event.target.id)) adapt();
  });
  document.addEventListener("formset:added", (event) => {
    if (event.detail?.formsetName === "cycles") numberCycle(event.target);
  });
}
