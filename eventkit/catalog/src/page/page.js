"use strict";
(() => {
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const items = [...document.querySelectorAll("[data-search]")];
  const sections = [...document.querySelectorAll(".list, .graph-section")];

  // Shows what contains every word, wherever it is.
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const matches = words.every((word) => item.dataset.search.includes(word));
      item.hidden = !matches;
      if (matches && item.localName === "article") shown += 1;
    }
    for (const section of sections) {
      const isEmpty = section.matches(".graph-section") || !section.querySelector("article:not([hidden])");
      section.hidden = words.length > 0 && isEmpty;
    }
    none.hidden = words.length === 0 || shown > 0;
    count.textContent = words.length === 0 ? "" : `${shown} ${shown === 1 ? "result" : "results"}`;
  };

  // A link may lead to what the search hides.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[hidden]")) {
      search.value = "";
      filter();
      target.scrollIntoView();
    }
  };

  search.addEventListener("input", filter);
  window.addEventListener("hashchange", reveal);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search && search.value) {
      search.value = "";
      filter();
    }
  });
  filter();
})();
