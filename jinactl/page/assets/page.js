// The page: what is asked for lies in its address, so that a reload and the back button ask the same again.

import {clear, compare, element, markSame, section, showAnswer, showBusy, showFault} from "./results.js";

const MODES = ["semantic", "text", "hybrid"];
const GONE = "jinactl does not answer. It runs until Ctrl-C: start `jinactl open` again.";

const query = document.getElementById("query");
const index = document.getElementById("index");
const size = document.getElementById("size");
const filter = document.getElementById("filter");
const chips = document.getElementById("filters");
const status = document.getElementById("status");

let filters = [];
let chosen = "";  // the index, empty for the one that the page was opened for
let running = new AbortController();

function wanted() {
  return {index: chosen, query: query.value, size: Number(size.value), filters};
}

function address() {
  const parts = new URLSearchParams();
  parts.set("q", query.value);
  parts.set("size", size.value);
  filters.forEach((one) => parts.append("filter", one));
  if (chosen) {
    parts.set("index", chosen);
  }
  return `/?${parts}`;
}

function readAddress() {
  const parts = new URLSearchParams(location.search);
  query.value = parts.get("q") ?? "";
  const asked = parts.get("size");
  if ([...size.options].some((one) => one.value === asked)) {
    size.value = asked;
  }
  filters = parts.getAll("filter");
  chosen = parts.get("index") ?? "";
  drawFilters();
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Error(GONE);
  }
  const told = await answer.json();
  if (!answer.ok) {
    throw new Error(told.error);
  }
  return told;
}

async function searchIn(mode, asked, signal) {
  showBusy(mode);
  try {
    const body = JSON.stringify({...asked, mode});
    const headers = {"Content-Type": "application/json"};
    const answer = await ask("/search", {method: "POST", headers, body, signal});
    showAnswer(mode, answer);
    return `${mode} ${answer.hits.length}`;
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    showFault(mode, error.message);
    return `${mode} failed`;
  }
}

async function search() {
  running.abort();
  running = new AbortController();
  const {signal} = running;
  document.title = query.value.trim() ? `${query.value} - Search` : "Search";
  if (!query.value.trim()) {
    MODES.forEach(clear);
    status.textContent = "";
    return;
  }
  status.textContent = "Searching…";
  const asked = wanted();
  try {
    const told = await Promise.all(MODES.map((mode) => searchIn(mode, asked, signal)));
    compare(MODES);
    status.textContent = `Results: ${told.join(", ")}.`;
  } catch (error) {
    if (error.name !== "AbortError") {
      throw error;
    }
  }
}

function searchAnew() {
  if (address() !== `${location.pathname}${location.search}`) {
    history.pushState(null, "", address());
  }
  search();
}

function drawFilters() {
  chips.replaceChildren(...filters.map((one, place) => {
    const button = element("button", {type: "button", "aria-label": `Remove the filter ${one}`}, `${one} ×`);
    button.addEventListener("click", () => removeFilter(place));
    return element("li", {}, button);
  }));
}

function addFilter() {
  const one = filter.value.trim();
  if (one && !filters.includes(one)) {
    filters = [...filters, one];
    drawFilters();
    searchAnew();
  }
  filter.value = "";
}

function removeFilter(place) {
  filters = filters.filter((_, other) => other !== place);
  drawFilters();
  (chips.querySelectorAll("button")[Math.min(place, filters.length - 1)] ?? filter).focus();
  searchAnew();
}

function cards(mode) {
  return [...section(mode).querySelectorAll("article")];
}

// Moves by rows and columns from a result; past the first row is the query.
function move(from, rows, columns) {
  const mode = from.closest("section").dataset.mode;
  const row = cards(mode).indexOf(from) + rows;
  const filled = MODES.filter((one) => cards(one).length);
  const column = filled[filled.indexOf(mode) + columns];
  if (row < 0) {
    query.focus();
  } else if (column) {
    const there = cards(column);
    focusOn(there[Math.min(row, there.length - 1)]);
  }
}

function focusOn(card) {
  if (!card) {
    return;
  }
  cards(card.closest("section").dataset.mode).forEach((one) => one.setAttribute("tabindex", one === card ? "0" : "-1"));
  card.focus();
}

const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

document.addEventListener("keydown", (event) => {
  const {target, key} = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
    return;
  }
  const typing = target.matches("input, select, textarea");
  if (key === "/" && !typing) {
    query.focus();
    query.select();
  } else if (key === "ArrowDown" && target === query) {
    focusOn(MODES.flatMap(cards)[0]);
  } else if (key === "Escape" && target.closest("main")) {
    query.focus();
  } else if (target.matches("article") && MOVES[key]) {
    move(target, ...MOVES[key]);
  } else if (target.matches("article") && key === "Enter") {
    const details = target.querySelector("details");
    if (details) {
      details.open = !details.open;
    }
  } else {
    return;
  }
  event.preventDefault();
});

filter.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    addFilter();
  }
});
document.getElementById("add").addEventListener("click", addFilter);
document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  searchAnew();
});
size.addEventListener("change", searchAnew);
for (const kind of ["focusin", "mouseover"]) {
  document.addEventListener(kind, (event) => markSame(event.target.closest("article")?.dataset.id));
}
index.addEventListener("change", () => {
  chosen = index.value;
  tellAbout();
  searchAnew();
});
addEventListener("popstate", () => {
  readAddress();
  tellAbout();
  search();
});

async function tellAbout() {
  const about = document.getElementById("about");
  try {
    const told = await ask(`/about?${new URLSearchParams({index: chosen})}`);
    document.getElementById("name").textContent = told.index;
    about.textContent = `${told.model} ${told.quant}, ${told.dims} dims`;
    about.className = "";
    const fields = told.fields.map((name) => element("option", {value: `${name}=`}));
    document.getElementById("fields").replaceChildren(...fields);
    index.replaceChildren(...told.indices.map((name) => element("option", {}, name)));
    index.value = told.index;
    document.getElementById("choice").hidden = told.indices.length < 2;
  } catch (error) {
    about.textContent = error.message;
    about.className = "fault";
  }
}

readAddress();
tellAbout();
search();
