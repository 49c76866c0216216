"use strict";
// The switch works without this; here the page remembers it, takes ?lang=en, and tells the document's language.
(() => {
  const radios = [...document.querySelectorAll('input[name="language"]')];
  const stored = () => { try { return localStorage.getItem("evalkit-language"); } catch { return null; } };
  const keep = (value) => { try { localStorage.setItem("evalkit-language", value); } catch { /* a page from a disk may not store */ } };
  const choose = (value) => {
    for (const radio of radios) radio.checked = radio.value === value;
    document.documentElement.lang = value === "zh" ? "zh-CN" : "en";
  };
  const asked = new URLSearchParams(location.search).get("lang") || stored() || (/^zh/i.test(navigator.language) ? "zh" : "en");
  if (asked === "zh" || asked === "en") choose(asked);
  for (const radio of radios) radio.addEventListener("change", () => { choose(radio.value); keep(radio.value); });
  addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details")) part.open = true; });
})();
