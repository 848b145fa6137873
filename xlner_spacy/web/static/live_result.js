// What was found: the text above its translations, and why each entity is where it is.
import { drawReasons } from "./live_reasons.js";
import { Links } from "./live_links.js";
import { drawText, element } from "./live_text.js";

const range = (mark) => [...mark.querySelectorAll(".word")].map((word) => Number(word.dataset.word));

// The entity of a translation that an entity of the text comes from: [translation, entity].
export function originOf(entity, found) {
  const source = entity.source;
  if (!source || source.translation < 0) return null;
  const known = found.translations[source.translation]?.entities ?? [];
  const n = known.findIndex((own) => own.start === source.start_char);
  return n < 0 ? null : [source.translation, n];
}

function side(title, drawn) {
  return element("section", "side", element("h3", "", title), drawn.paragraph);
}

export function draw(place, text, found, nameOf, say) {
  const target = drawText(text, found.words, found.entities, found.lang, found.dir);
  const placed = new Map(
    found.entities.map((entity, n) => [String(originOf(entity, found)), n]),
  );
  const translations = found.translations.map((own, n) => {
    const entities = own.entities.map((entity) => ({ ...entity, confidence: entity.score }));
    const drawn = drawText(own.text, own.words, entities, own.lang, own.dir);
    own.entities.forEach((_, k) => {
      if (!placed.has(String([n, k]))) drawn.marks[k]?.classList.add("lost");
    });
    return { drawn, links: own.links };
  });
  const sides = element(
    "div",
    "sides",
    side(nameOf(found.lang), target),
    ...found.translations.map((own, n) => side(`Translation: ${nameOf(own.lang)}`, translations[n].drawn)),
  );
  const links = new Links(sides, target, translations);
  const reasons = drawReasons(found, nameOf);
  const act = { links, target, translations, found, reasons, say };
  listen(act, target, -1);
  translations.forEach(({ drawn }, n) => listen(act, drawn, n));
  const hint = element(
    "p",
    "quiet",
    found.translations.length
      ? "Point at a word or an entity, or go there with Tab and the arrow keys, to see the words that answer it. The paler, the less sure."
      : "Nothing was translated. The paler, the less sure.",
  );
  place.replaceChildren(element("section", "sheet", sides, hint), ...reasons.sections);
}

function listen(act, drawn, side) {
  const show = (words) => {
    const pairs = act.links.show(side, words);
    lightEntities(act, side, words);
    return pairs;
  };
  const hide = () => {
    act.links.clear();
    lightEntities(act, side, []);
  };
  drawn.paragraph.addEventListener("pointerover", (event) => {
    const word = event.target.closest(".word");
    const mark = event.target.closest("mark");
    if (mark) show(range(mark));
    else if (word) show([Number(word.dataset.word)]);
  });
  drawn.paragraph.addEventListener("pointerleave", hide);
  drawn.marks.forEach((mark, n) => {
    mark.tabIndex = 0;
    mark.setAttribute("role", "button");
    mark.addEventListener("focus", () => show(range(mark)));
    mark.addEventListener("blur", hide);
    const open = () => act.reasons.open(side, n);
    mark.addEventListener("click", open);
    mark.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        open();
      }
    });
  });
  walkWords(act, drawn, show, hide);
}

// With the keyboard: the arrow keys go through the words of a text that has the focus.
function walkWords(act, drawn, show, hide) {
  const own = drawn.paragraph;
  let here = -1;
  own.tabIndex = 0;
  own.setAttribute("role", "group");
  own.setAttribute("aria-label", "Words; the arrow keys show what answers each");
  own.addEventListener("keydown", (event) => {
    const forwards = own.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    if (!step || event.target !== own) return;
    event.preventDefault();
    here = Math.max(0, Math.min(drawn.words.length - 1, here + (event.key === forwards ? 1 : -1)));
    if (!drawn.words.length) return;
    const pairs = show([here]);
    act.say(`${drawn.words[here].textContent}: ${pairs.map((pair) => pair.join(" – ")).join(", ") || "no link"}`);
  });
  own.addEventListener("blur", () => {
    here = -1;
    hide();
  });
}

// An entity and the one that it comes from are lit together.
function lightEntities({ target, translations, found }, side, words) {
  [target, ...translations.map((own) => own.drawn)].forEach((drawn) =>
    drawn.marks.forEach((mark) => mark.classList.remove("lit")),
  );
  const mine = side < 0 ? target : translations[side].drawn;
  const lit = mine.marks.findIndex((mark) => mark && range(mark).some((n) => words.includes(n)));
  if (lit < 0) return;
  found.entities.forEach((entity, n) => {
    const origin = originOf(entity, found);
    const same = side < 0 ? n === lit : origin && origin[0] === side && origin[1] === lit;
    if (!same) return;
    target.marks[n]?.classList.add("lit");
    if (origin) translations[origin[0]].drawn.marks[origin[1]]?.classList.add("lit");
  });
}
