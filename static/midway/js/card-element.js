"use strict";
// Stripe's card form, and the bank's question. What is typed into the form goes from this browser to Stripe alone;
// Midway gets a token of it.
//
// [data-card-entry] in a form: the form is sent in the background with a fresh token, so that a mistake elsewhere
// does not take the typed card away. What is wrong comes into the form's [data-errors]. A page that changes the data
// of an entry (gateway, amount, tick boxes) sends it the event "card:configure".
// [data-bank-question]: Stripe shows the bank's question; then Midway is asked what came of it.
{
  // In English for the office; a page for customers brings its own words in #card-words.
  const words = {
    lost: "Midway could not be reached. Nothing is lost: press the button again, and the payment is entered once.",
    noForm: "Stripe's card form could not be loaded. Check the connection, then choose the card again.",
    sending: "Sending …",
    signedOut: "You were signed out. Sign in in another tab, then press the button again.",
    error: "Midway answered with error {status}. Try again.",
    reload: "Reload the page and try again.",
    ...document.getElementById("card-words")?.dataset,
  };

  const wrong = (status) => words.error.replace("{status}", status);

  class Problem extends Error {}

  // --- Stripe's script, once for a page; one Stripe for each key -------------------------------------------------

  const scripts = new Map();
  const stripes = new Map();

  function loadScript(address) {
    if (!scripts.has(address)) {
      const loading = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = address;
        script.addEventListener("load", resolve);
        script.addEventListener("error", () => {
          scripts.delete(address); // the next try loads it anew
          script.remove();
          reject(new Problem(words.noForm));
        });
        document.head.append(script);
      });
      scripts.set(address, loading);
    }
    return scripts.get(address);
  }

  async function stripeFor({ script, publicKey, account }) {
    const name = `${publicKey} ${account}`;
    await loadScript(script);
    if (!stripes.has(name)) stripes.set(name, window.Stripe(publicKey, account ? { stripeAccount: account } : {}));
    return stripes.get(name);
  }

  // --- our colours in Stripe's frame -----------------------------------------------------------------------------

  const darkness = window.matchMedia("(prefers-color-scheme: dark)");

  function appearance() {
    const probe = document.body.appendChild(document.createElement("span"));
    const colour = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const theme = document.documentElement.dataset.theme;
    const dark = theme === "dark" || (theme !== "light" && darkness.matches);
    const variables = {
      colorPrimary: colour("--accent-fill"),
      colorBackground: colour("--surface"),
      colorText: colour("--text"),
      colorTextSecondary: colour("--text-2"),
      colorTextPlaceholder: colour("--text-3"),
      colorDanger: colour("--red"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSizeBase: "15px",
      borderRadius: "8px",
    };
    probe.remove();
    return { theme: dark ? "night" : "stripe", variables };
  }

  // --- a new card in a form --------------------------------------------------------------------------------------

  class CardEntry {
    constructor(box) {
      this.box = box;
      this.form = box.closest("form");
      this.field = box.querySelector("[name=confirmation_token]");
      this.mounted = "";
      box.addEventListener("card:configure", () => this.show());
      this.form.addEventListener("submit", (event) => this.submit(event));
      const repaint = () => this.elements?.update({ appearance: appearance() });
      darkness.addEventListener("change", repaint);
      new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
      this.show();
    }

    get isOn() {
      return !this.box.closest("[hidden], fieldset:disabled");
    }

    options() {
      const { mode, amount, currency, keeps, holds } = this.box.dataset;
      const shared = { mode, currency, allowedPaymentMethodTypes: ["card"] };
      if (mode === "setup") return { ...shared, setupFutureUsage: "off_session" };
      return {
        ...shared,
        amount: Number(amount),
        setupFutureUsage: keeps ? "off_session" : null,
        captureMethod: holds ? "manual" : "automatic",
      };
    }

    async show() {
      if (!this.isOn) return;
      const { publicKey, account, remedy } = this.box.dataset;
      if (remedy) {
        this.drop();
        this.say(remedy, this.box.dataset.remedyPage);
        return;
      }
      const wanted = `${publicKey} ${account}`;
      if (wanted === this.mounted) {
        this.elements?.update(this.options());
        return;
      }
      this.drop();
      this.mounted = wanted;
      this.wait(true);
      try {
        const stripe = await stripeFor(this.box.dataset);
        if (this.mounted === wanted) this.mount(stripe); // another gateway may have been chosen meanwhile
      } catch (error) {
        if (this.mounted !== wanted) return;
        this.drop();
        this.say(error instanceof Problem ? error.message : words.noForm);
      }
    }

    mount(stripe) {
      this.stripe = stripe;
      const locale = document.documentElement.lang || "auto";
      this.elements = stripe.elements({ ...this.options(), locale, appearance: appearance() });
      this.card = this.elements.create("payment", {
        layout: "tabs",
        wallets: { applePay: "never", googlePay: "never", link: "never" },
      });
      this.card.on("ready", () => this.wait(false));
      this.card.on("change", () => this.say(""));
      this.card.on("loaderror", (event) => {
        this.drop();
        this.say(event.error?.message || words.noForm);
      });
      this.card.mount(this.box.querySelector("[data-card-mount]"));
    }

    drop() {
      this.card?.destroy();
      this.card = this.elements = this.stripe = null;
      this.mounted = "";
      this.wait(false);
      this.say("");
    }

    wait(waiting) {
      this.box.querySelector("[data-card-wait]").hidden = !waiting;
    }

    say(words, page) {
      const place = this.box.querySelector("[data-card-problem]");
      place.replaceChildren(words);
      place.hidden = !words;
      if (words && page) {
        const link = Object.assign(document.createElement("a"), { href: page, textContent: "Open the gateway" });
        place.append(" ", link);
      }
    }

    async submit(event) {
      if (!this.isOn || event.defaultPrevented) return; // paid in another way
      event.preventDefault();
      if (this.busy) return;
      this.busy = true;
      const unlock = lock(this.form);
      let leaves = false;
      try {
        this.say("");
        this.field.value = await this.token();
        leaves = await send(this.form, event.submitter);
      } catch (error) {
        if (!(error instanceof Problem)) console.error(error);
        this.say(error instanceof Problem ? error.message : words.lost, this.box.dataset.remedy && this.box.dataset.remedyPage);
        this.box.scrollIntoView({ block: "center" });
      } finally {
        this.field.value = ""; // a token pays once
        this.busy = leaves;
        if (!leaves) unlock();
      }
    }

    async token() {
      const { remedy } = this.box.dataset;
      if (remedy) throw new Problem(remedy);
      if (!this.elements) {
        await this.show();
        if (!this.elements) throw new Problem(words.noForm);
      }
      const checked = await this.elements.submit();
      if (checked.error) throw new Problem(checked.error.message);
      const made = await this.stripe.createConfirmationToken({ elements: this.elements });
      if (made.error) throw new Problem(made.error.message);
      await this.radar();
      return made.confirmationToken.id;
    }

    // A page that passes Radar sessions on has a field for them; a payment goes through without one, too.
    async radar() {
      const field = this.form.elements.radar_session;
      if (!field) return;
      const { radarSession } = await this.stripe.createRadarSession();
      field.value = radarSession?.id ?? "";
    }
  }

  function lock(form) {
    const buttons = [...form.querySelectorAll("button[type=submit]")].map((button) => [button, button.textContent]);
    for (const [button] of buttons) {
      button.disabled = true;
      button.textContent = words.sending;
    }
    return () => {
      for (const [button, text] of buttons) {
        button.disabled = false;
        button.textContent = text;
      }
    };
  }

  async function ask(address, body) {
    try {
      return await fetch(address, { method: "POST", body, headers: { Accept: "application/json, text/html" } });
    } catch {
      throw new Problem(words.lost);
    }
  }

  const speaks = (response, type) => (response.headers.get("Content-Type") ?? "").startsWith(type);

  // True when the page is being left.
  async function send(form, submitter) {
    const body = new URLSearchParams(new FormData(form));
    if (submitter?.name) body.append(submitter.name, submitter.value);
    const response = await ask(form.action, body);
    if (response.redirected) throw new Problem(words.signedOut);
    if (response.ok && speaks(response, "application/json")) return leave((await response.json()).location);
    if (!speaks(response, "text/html")) throw new Problem(wrong(response.status));
    showErrors(form, new DOMParser().parseFromString(await response.text(), "text/html"), response.status);
    return false;
  }

  function leave(address) {
    const target = new URL(address, window.location.href);
    const here = window.location;
    if (target.pathname + target.search === here.pathname + here.search) {
      here.hash = target.hash;
      here.reload();
    } else {
      here.assign(target);
    }
    return true;
  }

  // The answer is the same page with the errors in it: they are taken over, and everything else stays as it is.
  function showErrors(form, page, status) {
    const same = page.getElementById(form.id);
    if (!same) {
      const told = page.querySelector("main p")?.textContent.trim();
      throw new Problem(told || wrong(status));
    }
    let first = null;
    for (const place of form.querySelectorAll("[data-errors]")) {
      const there = same.querySelector(`[data-errors="${CSS.escape(place.dataset.errors)}"]`);
      place.replaceChildren(...(there ? there.childNodes : []));
      if (!first && place.textContent.trim()) first = place;
    }
    first?.scrollIntoView({ block: "center" });
  }

  // --- the bank's question ---------------------------------------------------------------------------------------

  class BankQuestion {
    constructor(box) {
      this.box = box;
      this.button = box.querySelector("[data-ask]");
      this.button.addEventListener("click", () => this.ask());
      if ("askNow" in box.dataset) this.ask();
    }

    async ask() {
      this.button.disabled = true;
      this.say("");
      try {
        const stripe = await stripeFor(this.box.dataset);
        const clientSecret = await this.secret();
        const { error } = clientSecret ? await stripe.handleNextAction({ clientSecret }) : {};
        await this.tell(error?.message ?? "");
      } catch (error) {
        this.say(error instanceof Problem ? error.message : words.lost);
      } finally {
        this.button.disabled = false;
      }
    }

    body() {
      const token = this.box.querySelector("[name=csrfmiddlewaretoken]");
      return new URLSearchParams(token ? { csrfmiddlewaretoken: token.value } : {});
    }

    // Empty where nothing is to be confirmed any longer.
    async secret() {
      const response = await ask(this.box.dataset.secretUrl, this.body());
      if (response.status === 409) return "";
      const told = speaks(response, "application/json") ? await response.json() : {};
      if (!response.ok || !told.client_secret) throw new Problem(told.problem ?? words.reload);
      return told.client_secret;
    }

    // Only the processor knows what came of it, whatever the script heard.
    async tell(problem) {
      const response = await ask(this.box.dataset.afterUrl, this.body());
      if (!response.ok) throw new Problem(wrong(response.status));
      if (response.headers.get("HX-Refresh") === "true") {
        window.location.reload();
      } else if (speaks(response, "application/json")) {
        leave((await response.json()).location);
      } else {
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const answer = page.body.firstElementChild;
        this.box.closest("[data-answer]").replaceWith(answer);
        window.htmx?.process(answer);
        const again = start(answer);
        again?.say(problem);
      }
    }

    say(words) {
      const place = this.box.querySelector("[data-question-problem]");
      place.textContent = words;
      place.hidden = !words;
    }
  }

  // --- the parts of the page, and those that come later ----------------------------------------------------------

  const known = new WeakMap();

  function start(root) {
    for (const box of root.querySelectorAll("[data-card-entry]")) if (!known.has(box)) known.set(box, new CardEntry(box));
    let question = null;
    for (const box of root.querySelectorAll("[data-bank-question]")) {
      if (!known.has(box)) known.set(box, new BankQuestion(box));
      question = known.get(box);
    }
    return question;
  }

  start(document);
  document.addEventListener("htmx:load", (event) => start(event.target.parentNode ?? document));
}
