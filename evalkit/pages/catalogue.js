"use strict";
// Filters and search; what is chosen stands in the address, so that a selection can be sent. Without this, all items are listed.
(() => {
  const form = document.getElementById("filters");
  const items = [...document.querySelectorAll("#list > .item")];
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const texts = new Map();
  const text = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };
  const values = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
  const apply = () => {
    const { q = "", ...facets } = values();
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of items) {
      const fits = Object.entries(facets).every(([name, value]) => item.dataset[name] === value) && words.every((word) => text(item).includes(word));
      item.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} / ${items.length}`;
    none.hidden = count > 0;
  };
  const remember = () => {
    const query = new URLSearchParams(values()).toString();
    try { history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`); } catch { /* a page from a disk */ }
  };
  const name = () => {
    const language = document.getElementById("language-en").checked ? "en" : "zh";
    for (const option of form.querySelectorAll("option[data-zh]")) option.textContent = option.dataset[language];
  };
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.classList.contains("item")) return;
    if (target.hidden) { form.reset(); apply(); }
    target.open = true;
    target.scrollIntoView();
  };
  const asked = new URLSearchParams(location.search);
  for (const [key, value] of asked) if (form.elements[key]) form.elements[key].value = value;
  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => { apply(); remember(); }, 120); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const radio of document.querySelectorAll('input[name="language"]')) radio.addEventListener("change", name);
  addEventListener("hashchange", reveal);
  form.hidden = false;
  name();
  apply();
  reveal();
})();
