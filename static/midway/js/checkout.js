"use strict";
// The customers' pages: the summary follows the choice, a page that waits asks how things stand, a form is sent once.
// Without this script everything works as well, but for the card form, which is Stripe's.
{
  const words = document.getElementById("card-words")?.dataset ?? {};

  // --- what is wrong is said where it is wrong -------------------------------------------------------------------

  function mark(place) {
    const field = place.closest("form")?.elements[place.dataset.errors];
    if (field instanceof HTMLElement) {
      if (place.textContent.trim()) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }

  for (const place of document.querySelectorAll("[data-errors]")) {
    mark(place);
    new MutationObserver(() => {
      mark(place);
      const form = place.closest("form");
      (form.querySelector("[aria-invalid]") ?? form.querySelector(".form-errors"))?.focus();
    }).observe(place, { childList: true });
  }
  (document.querySelector("[aria-invalid]") ?? document.querySelector("[data-focus]"))?.focus();

  // --- the summary follows the choice ----------------------------------------------------------------------------

  class Choice {
    constructor(form) {
      this.form = form;
      this.asked = 0;
      for (const stepper of form.querySelectorAll("[data-stepper]")) this.addButtons(stepper);
      form.addEventListener("change", (event) => {
        if (/^(quantity|staff)_|^coupon_code$/.test(event.target.name)) this.ask();
      });
      form.querySelector("[data-update]")?.addEventListener("click", (event) => {
        event.preventDefault();
        this.ask();
      });
      // What was refused may have another price by now.
      const refusals = form.querySelector('[data-errors="__all__"]');
      new MutationObserver(() => refusals.textContent.trim() && this.ask()).observe(refusals, { childList: true });
    }

    addButtons(stepper) {
      const field = stepper.querySelector("input");
      stepper.classList.add("has-buttons");
      for (const button of stepper.querySelectorAll("button")) {
        button.hidden = false;
        button.addEventListener("click", () => {
          const wanted = Number(field.value || 0) + Number(button.dataset.step);
          field.value = Math.min(Math.max(wanted, Number(field.min)), Number(field.max));
          field.dispatchEvent(new Event("change", { bubbles: true }));
        });
      }
    }

    async ask() {
      const turn = ++this.asked;
      const summary = this.form.querySelector("[data-summary]");
      summary.classList.add("is-old");
      this.payButton.disabled = true;
      try {
        const response = await fetch(this.form.dataset.quote, {
          method: "POST",
          body: new URLSearchParams(new FormData(this.form)),
          headers: { Accept: "application/json" },
        });
        if (!response.ok) throw new Error(`the quote was answered with ${response.status}`);
        const told = await response.json();
        if (turn === this.asked) this.show(told); // a newer choice has been made meanwhile
      } catch {
        if (turn === this.asked) window.location.reload();
      }
    }

    get payButton() {
      return this.form.querySelector("[data-pay]");
    }

    show(told) {
      const part = (name) => this.form.querySelector(`[data-${name}]`);
      const page = new DOMParser().parseFromString(told.summary, "text/html");
      part("summary").replaceWith(page.querySelector("[data-summary]"));
      part("shown").value = told.shown;
      part("gateway").value = told.gateway;
      this.payButton.textContent = told.button;
      this.form.querySelector("[data-errors=coupon_code]").replaceChildren(...told.coupon.map((text) => this.error(text)));
      part("consent").hidden = !told.keeps;
      part("card-part").hidden = !told.pays;
      if (part("delivery")) part("delivery").hidden = !told.ships;
      this.payButton.disabled = !told.buyable;
      const card = part("card-entry");
      if (card && told.pays) {
        for (const [name, value] of Object.entries(told.card)) card.setAttribute(`data-${name}`, value);
        card.dispatchEvent(new Event("card:configure"));
      }
    }

    error(text) {
      const item = Object.assign(document.createElement("p"), { className: "errorlist", textContent: text });
      return item;
    }
  }

  const checkout = document.getElementById("checkout");
  if (checkout) new Choice(checkout);

  // --- the card that is kept, or a new one -----------------------------------------------------------------------

  for (const fieldset of document.querySelectorAll("[data-new-card]")) {
    const form = fieldset.closest("form");
    const follow = () => {
      fieldset.hidden = fieldset.disabled = form.elements.card.value !== "new";
      fieldset.querySelector("[data-card-entry]")?.dispatchEvent(new Event("card:configure"));
    };
    form.addEventListener("change", follow);
    follow();
  }

  // --- a page that waits -----------------------------------------------------------------------------------------

  function watch(box) {
    let pause = 1000;
    const look = async () => {
      try {
        const response = await fetch(box.dataset.poll, { headers: { Accept: "application/json" } });
        if (response.ok && (await response.json()).state !== box.dataset.state) return window.location.reload();
      } catch {
        // the connection may come back
      }
      pause = Math.min(pause * 1.3, 8000);
      setTimeout(look, pause);
    };
    setTimeout(look, pause);
  }

  document.querySelectorAll("[data-poll]").forEach(watch);

  // --- sent once, opened by a person -----------------------------------------------------------------------------

  for (const form of document.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return; // the card form sends it
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
      const button = event.submitter ?? form.querySelector("[data-pay]");
      // After the browser has taken the form's values, so that nothing is lost from them.
      setTimeout(() => {
        if (button) button.disabled = true;
        if (button?.matches("[data-pay]") && words.sending) button.textContent = words.sending;
      });
    });
  }

  // A page that comes back from the browser's memory may be older than what has happened since.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  const opened = document.querySelector("[data-opened]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (opened && token) {
    const body = new URLSearchParams({ csrfmiddlewaretoken: token.value });
    fetch(opened.dataset.opened, { method: "POST", body }).catch(() => {});
  }
}
