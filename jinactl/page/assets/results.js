// Draws what a search found. Everything of a document is put in as text: it may hold HTML and scripts.

const PRECISION = {semantic: 4, text: 2, hybrid: 4};

export function section(mode) {
  return document.querySelector(`section[data-mode="${mode}"]`);
}

export function showBusy(mode) {
  section(mode).setAttribute("aria-busy", "true");
}

export function showAnswer(mode, answer) {
  const cards = answer.hits.map((hit, place) => card(mode, hit, place + 1));
  fill(mode, cards, summary(answer), "told");
}

export function showFault(mode, message) {
  fill(mode, [], message, "told fault");
}

export function clear(mode) {
  fill(mode, [], "", "told");
}

// Says of each document which place it has in the other columns.
export function compare(modes) {
  for (const shown of document.querySelectorAll("article")) {
    const mode = shown.closest("section").dataset.mode;
    const others = modes.filter((other) => other !== mode && place(other, shown.dataset.id));
    const told = others.map((other) => `${other} ${place(other, shown.dataset.id)}`);
    shown.querySelector(".elsewhere").textContent = told.length ? `also in: ${told.join(", ")}` : "";
  }
}

export function markSame(id) {
  for (const shown of document.querySelectorAll("article")) {
    shown.classList.toggle("same", id !== undefined && shown.dataset.id === id);
  }
}

function place(mode, id) {
  return [...section(mode).querySelectorAll("article")].findIndex((shown) => shown.dataset.id === id) + 1;
}

function fill(mode, cards, told, style) {
  const column = section(mode);
  column.setAttribute("aria-busy", "false");
  const line = column.querySelector(".told");
  line.className = style;
  line.textContent = told;
  column.querySelector("ol").replaceChildren(...cards.map((one) => element("li", {}, one)));
  // One stop of the Tab key for each column; arrows move inside it.
  cards[0]?.setAttribute("tabindex", "0");
}

function summary(answer) {
  const count = answer.hits.length === 1 ? "1 result" : `${answer.hits.length} results`;
  const embedding = answer.embedding_ms ? `${Math.round(answer.embedding_ms)} ms to embed, ` : "";
  const fused = answer.fused_by ? `, fused by ${answer.fused_by}` : "";
  return `${count}; ${embedding}${Math.round(answer.searching_ms)} ms to search${fused}`;
}

function card(mode, hit, number) {
  const heading = element("h3", {id: `${mode}-${number}`}, `${number}. ${hit.id}`);
  const score = element("p", {class: "score", title: "score"}, hit.score.toFixed(PRECISION[mode]));
  const shown = element(
    "article",
    {tabindex: "-1", "aria-labelledby": heading.id},
    element("div", {class: "top"}, heading, score),
    element("p", {class: "snippet"}, ...hit.snippet.map(([text, matched]) => matched ? element("mark", {}, text) : text)),
    element("p", {class: "elsewhere"}),
  );
  shown.dataset.id = hit.id;
  const fields = Object.entries(hit.fields);
  const whole = hit.snippet.map(([text]) => text).join("") === hit.content;
  if (fields.length || !whole) {
    shown.append(details(hit, fields));
  }
  return shown;
}

function details(hit, fields) {
  const pairs = fields.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, written(value))]);
  return element(
    "details",
    {},
    element("summary", {}, fields.length ? "Whole text and fields" : "Whole text"),
    element("p", {class: "content"}, hit.content),
    ...(pairs.length ? [element("dl", {}, ...pairs)] : []),
  );
}

function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
