// The form: what is asked, and the link that asks the same.
import { draw } from "./live_result.js";

const by = (id) => document.getElementById(id);
const names = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
const nameOf = (language) => {
  const name = names.of(language.code);
  return name === language.code ? language.name : name;
};
let overview = null;
let sources = [];
let example = "";
let pending = null;

async function get(path) {
  for (;;) {
    const answer = await fetch(path);
    const body = await answer.json();
    if (answer.ok) return body;
    if (answer.status !== 503) throw new Error(body.detail);
    by("status").textContent = body.detail;
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

function fail(message) {
  by("error").textContent = message;
  by("error").hidden = !message;
  by("status").textContent = "";
}

const method = () => overview.methods.find((own) => own.name === by("method").value);
const language = () => overview.languages.find((own) => own.code === by("lang").value);
const chosenSources = () =>
  [...by("source-list").querySelectorAll("input:checked")].map((box) => box.value);

function drawSources(wanted) {
  const usable = sources.filter((own) => own.state === "now").map((own) => own.code);
  const chosen = wanted.filter((code) => usable.includes(code));
  const checked = chosen.length ? chosen : usable.slice(0, 1);
  by("source-list").replaceChildren(
    ...sources.map((own) => {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.value = own.code;
      box.checked = checked.includes(own.code);
      box.disabled = own.state !== "now" || overview.fixed;
      label.append(box, ` ${nameOf(own)}`);
      if (own.state !== "now") {
        label.className = "missing";
        label.append(` (${own.how})`);
      }
      return label;
    }),
  );
  for (const made of by("method").options) {
    const known = overview.methods.find((own) => own.name === made.value);
    made.disabled = Boolean(known.missing) || (known.translates && !usable.length);
  }
  if (by("method").selectedOptions[0]?.disabled) {
    const first = [...by("method").options].find((made) => !made.disabled);
    if (first) by("method").value = first.value;
  }
}

function drawMethod() {
  by("about").textContent = method().missing ? `${method().about} (${method().missing})` : method().about;
  by("sources").hidden = !method().translates || !sources.length;
}

async function setLanguage(code, wantedSources) {
  by("lang").value = code;
  if (!by("lang").value) by("lang").value = overview.default.lang;
  by("text").dir = language().dir;
  by("text").lang = language().code;
  if (!by("text").value.trim() || by("text").value === example) by("text").value = language().example;
  example = language().example;
  sources = await get(`/languages/${encodeURIComponent(by("lang").value)}`);
  drawSources(wantedSources);
  drawMethod();
}

function question() {
  const asked = { text: by("text").value, lang: by("lang").value, method: by("method").value, detail: true };
  if (method().translates && !overview.fixed) asked.source_langs = chosenSources();
  return asked;
}

function keepInAddress(asked) {
  const kept = new URLSearchParams({ lang: asked.lang, method: asked.method });
  if (asked.source_langs) kept.set("source", asked.source_langs.join(","));
  kept.set("text", asked.text);
  // After "#": browsers do not send it to any server.
  history.replaceState(null, "", `#${kept}`);
}

async function ask() {
  pending?.abort();
  const own = (pending = new AbortController());
  const asked = question();
  fail("");
  if (!asked.text.trim()) return fail("There is no text.");
  if (asked.source_langs && !asked.source_langs.length) return fail("Choose a language to project from.");
  keepInAddress(asked);
  by("status").textContent = "Finding entities…";
  by("result").setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/project", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked),
      signal: own.signal,
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail);
    const found = body.results[0];
    draw(by("result"), asked.text, found, (code) => names.of(code), (line) => (by("said").textContent = line));
    const n = found.entities.length;
    by("status").textContent = n === 1 ? "1 entity" : `${n} entities`;
  } catch (error) {
    if (error.name !== "AbortError") {
      by("result").replaceChildren();
      fail(error instanceof TypeError ? "The service does not answer." : error.message);
    }
  } finally {
    if (own === pending) by("result").removeAttribute("aria-busy");
  }
}

async function fromAddress() {
  const kept = new URLSearchParams(location.hash.slice(1));
  if (kept.get("text")) by("text").value = kept.get("text");
  const wanted = kept.get("method") ?? overview.default.method;
  by("method").value = overview.methods.some((own) => own.name === wanted) ? wanted : overview.default.method;
  const from = kept.get("source")?.split(",") ?? overview.default.source_langs;
  await setLanguage(kept.get("lang") ?? overview.default.lang, from);
  if (by("text").value.trim()) await ask();
  else by("status").textContent = "";
}

async function copyLink() {
  keepInAddress(question());
  try {
    await navigator.clipboard.writeText(location.href);
    by("status").textContent = "The link is copied.";
  } catch {
    by("status").textContent = "The link is in the address bar.";
  }
}

async function begin() {
  overview = await get("/languages");
  const known = [...overview.languages].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  by("lang").append(...known.map((own) => option(own.code, nameOf(own))));
  by("method").append(...overview.methods.map((own) => option(own.name, own.title)));
  by("lang").disabled = overview.languages.length === 1;
  by("method").disabled = overview.methods.length === 1;
  by("lang").addEventListener("change", () =>
    setLanguage(by("lang").value, chosenSources()).catch((error) => fail(error.message)),
  );
  by("method").addEventListener("change", drawMethod);
  by("share").addEventListener("click", copyLink);
  by("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  by("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask();
  });
  window.addEventListener("hashchange", () => fromAddress().catch((error) => fail(error.message)));
  await fromAddress();
}

begin().catch((error) => fail(error.message));
