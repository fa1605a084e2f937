// The payment form: what the chosen gateway cannot take is greyed with the reason, and one press sends it once.
const form = document.getElementById("payment-entry");

const gateway = () => form.elements.gateway.selectedOptions[0];
const card = () => form.querySelector("[data-card-entry]");

function offerWhatTheGatewayTakes() {
  for (const radio of form.querySelectorAll("input[name=method]")) {
    radio.disabled = !radio.dataset.gateways.split(" ").includes(gateway()?.value);
    if (radio.disabled) radio.checked = false;
    sayWhy(radio);
  }
  if (!form.querySelector("input[name=method]:checked")) {
    const first = form.querySelector("input[name=method]:not(:disabled)");
    if (first) first.checked = true;
  }
  for (const group of form.querySelectorAll(".method-group[data-vanishes]")) {
    group.hidden = !group.querySelector("input[name=method]:not(:disabled)");
  }
  const hold = form.querySelector("input[name=capture][value=hold]");
  hold.disabled = gateway()?.dataset.holds === "no";
  if (hold.disabled) form.querySelector("input[name=capture][value=now]").checked = true;
  showWhatTheMethodNeeds();
}

function sayWhy(radio) {
  const place = radio.closest("label").querySelector("[data-why]");
  if (place) place.textContent = JSON.parse(radio.dataset.reasons)[gateway()?.value] ?? "";
}

// A field that is not shown is not sent either: a number that was typed for another gateway stays in the browser.
function showWhatTheMethodNeeds() {
  const method = form.querySelector("input[name=method]:checked");
  const needs = (method?.dataset.needs ?? "").split(" ");
  for (const part of form.querySelectorAll("fieldset[data-for]")) {
    part.hidden = part.disabled = !needs.includes(part.dataset.for);
  }
  const moto = form.querySelector("[data-moto-only]");
  moto.hidden = moto.disabled = !gateway()?.dataset.moto || needs.includes("receipt");
  const anyway = form.querySelector("[data-keeps-anyway]");
  if (anyway) anyway.hidden = !gateway()?.dataset.keeps;
  fitTheCardForm();
}

// Stripe's card form is told of the gateway, the amount and the boxes; it re-mounts where the key is another.
function fitTheCardForm() {
  const box = card();
  if (!box || !gateway()) return;
  const { publicKey, account, remedy, remedyPage, keeps } = gateway().dataset;
  const saves = form.elements.save_card?.checked || keeps;
  const holds = form.elements.capture.value === "hold";
  Object.assign(box.dataset, {
    publicKey: publicKey ?? "",
    account: account ?? "",
    remedy: remedy ?? "",
    remedyPage: remedyPage ?? "",
    keeps: saves ? "yes" : "",
    holds: holds ? "yes" : "",
    amount: minorUnits(form.elements.amount.value, Number(box.dataset.decimals)) ?? box.dataset.amount,
  });
  box.dispatchEvent(new Event("card:configure"));
}

// Only for what Stripe's form shows: the amount that is charged is read by Midway alone.
function minorUnits(text, decimals) {
  const typed = /^(\d{1,8})(?:\.(\d+))?$/.exec(text.trim());
  if (!typed || (typed[2] ?? "").length > decimals) return null;
  return Number(typed[1] + (typed[2] ?? "").padEnd(decimals, "0")) || null;
}

if (form) {
  form.elements.gateway.addEventListener("change", offerWhatTheGatewayTakes);
  form.addEventListener("change", (event) => {
    if (event.target.name === "method") showWhatTheMethodNeeds();
    if (["amount", "capture", "save_card"].includes(event.target.name)) fitTheCardForm();
  });
  offerWhatTheGatewayTakes();
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return; // the card form sends it
    const button = form.querySelector("button[type=submit]");
    // After the browser has taken the form's values, so that nothing is lost from them.
    setTimeout(() => {
      button.disabled = true;
      button.textContent = "Sending …";
    });
  });
  // A page that comes back from the browser's memory must not stay locked.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
