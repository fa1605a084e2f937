// The payment form: cards that the chosen gateway cannot charge are greyed, and one press sends it once.
const form = document.getElementById("payment-entry");

function greyForeignCards() {
  const account = form.elements.gateway.selectedOptions[0]?.dataset.account;
  for (const radio of form.querySelectorAll("input[name=method]")) {
    radio.disabled = !radio.dataset.accounts.split(" ").includes(account);
    if (radio.disabled) radio.checked = false;
  }
  if (!form.querySelector("input[name=method]:checked")) {
    const first = form.querySelector("input[name=method]:not(:disabled)");
    if (first) first.checked = true;
  }
}

if (form) {
  form.elements.gateway.addEventListener("change", greyForeignCards);
  greyForeignCards();
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
