"use strict";
// Stands in for Stripe's script, which cannot be loaded here: the same calls, and the same refusal of what it does not
// know. Its frames and its API lie at Stripe's addresses, so that the content policy is tried as well; stripe_js.py
// answers there from the local Stripe.
{
  const API = "https://api.stripe.com/v1";
  const FRAME = "https://js.stripe.com/endive/stand-in.html";
  const ELEMENTS = "allowedPaymentMethodTypes amount appearance captureMethod currency locale mode setupFutureUsage";
  const ELEMENT = "fields layout terms wallets";

  function check(options, known, where) {
    for (const name of Object.keys(options)) {
      if (!known.split(" ").includes(name)) throw new Error(`IntegrationError: ${where} takes no ${name}`);
    }
  }

  function checkElements(options) {
    check(options, ELEMENTS, "elements()");
    if (!/^[a-z]{3}$/.test(options.currency)) throw new Error("IntegrationError: currency is a lower-case code");
    if (options.mode === "payment" && !(Number.isInteger(options.amount) && options.amount > 0)) {
      throw new Error("IntegrationError: amount is a positive whole number");
    }
  }

  async function call(path, params) {
    const answer = await fetch(API + path, { method: "POST", body: new URLSearchParams(params) });
    return answer.json();
  }

  class PaymentElement {
    constructor(options) {
      check(options, ELEMENT, "the Payment Element");
      this.handlers = {};
    }

    on(name, handler) {
      this.handlers[name] = handler;
      return this;
    }

    mount(place) {
      this.frame = document.createElement("iframe");
      this.frame.title = "Secure payment input frame";
      this.frame.width = "100%";
      this.frame.height = "190";
      this.frame.addEventListener("load", () => this.handlers.ready?.({ elementType: "payment" }));
      this.frame.src = FRAME;
      place.append(this.frame);
    }

    destroy() {
      this.frame?.remove();
    }
  }

  class Elements {
    constructor(options) {
      checkElements(options);
      this.options = { ...options };
      (window.standIn ??= []).push(this);
    }

    create(type, options = {}) {
      if (type !== "payment") throw new Error("IntegrationError: only the Payment Element stands in here");
      return new PaymentElement(options);
    }

    update(options) {
      this.options = { ...this.options, ...options };
      checkElements(this.options);
    }

    async submit() {
      this.submitted = true;
      return call("/stand_in/submit", {});
    }
  }

  window.Stripe = (key, { stripeAccount = "" } = {}) => {
    if (!/^pk_(test|live)_/.test(key)) throw new Error("IntegrationError: that is no publishable key");
    const caller = { key, account: stripeAccount };
    return {
      elements: (options) => new Elements(options),

      async createConfirmationToken({ elements }) {
        if (!elements.submitted) throw new Error("IntegrationError: call elements.submit() first");
        elements.submitted = false;
        const { mode, currency, amount = "", setupFutureUsage, captureMethod = "" } = elements.options;
        const usage = setupFutureUsage ?? "";
        return call("/stand_in/tokens", { ...caller, mode, currency, amount, usage, captureMethod });
      },

      async handleNextAction({ clientSecret }) {
        const frame = document.createElement("iframe");
        frame.title = "3D Secure";
        frame.src = "https://hooks.stripe.com/stand-in.html";
        document.body.append(frame);
        try {
          return await call("/stand_in/next_action", { ...caller, client_secret: clientSecret });
        } finally {
          frame.remove();
        }
      },

      createRadarSession: async () => ({ radarSession: { id: "rse_stand_in" } }),
    };
  };
}
