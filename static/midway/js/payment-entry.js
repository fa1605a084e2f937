// The payment form: what the chosen gateway cannot take is greyed, and one press sends it once.
const form = document.getElementById("payment-entry");

function offerWhatTheGatewayTakes() {
  const gateway = form.elements.gateway.selectedOptions[0];
  for (const radio of form.querySelectorAll("input[name=method]")) {
    radio.disabled = !radio.dataset.gateways.split(" ").includes(gateway?.value);
    if (radio.disabled) radio.checked = false;
  }
  if (!form.querySelector("input[name=method]:checked")) {
    const first = form.querySelector("input[name=method]:not(:disabled)");
    if (first) first.checked = true;
  }
  for (const group of form.querySelectorAll(".method-group[data-vanishes]")) {
    group.hidden = !group.querySelector("input[name=method]:not(:disabled)");
  }
  const hold = form.querySelector("input[name=capture][value=hold]");
  hold.disabled = gateway?.dataset.holds === "no";
  if (hold.disabled) form.querySelector("input[name=capture][value=now]").checked = true;
  showWhatTheMethodNeeds();
}

// A field that is not shown is not sent either: a number that was typed for another gateway stays in the browser.
function showWhatTheMethodNeeds() {
  const needs = form.querySelector("input[name=method]:checked")?.dataset.needs;
  for (const part of form.querySelectorAll("fieldset[data-for]")) {
    part.hidden = part.disabled = part.dataset.for !== needs;
  }
}

if (form) {
  form.elements.gateway.addEventListener("change", offerWhatTheGatewayTakes);
  form.addEventListener("change", (event) => {
    if (event.target.name === "method") showWhatTheMethodNeeds();
  });
  offerWhatTheGatewayTakes();
  form.addEventListener("submit", () => {
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
