// What the pages need besides the theme's own scripts.

// Formulas wider than the page scroll in a box of their own. Such a box must be reachable with
// the keyboard and have a name; one that does not scroll should not be a stop on the way.
(() => {
  const boxes = document.querySelectorAll(".math-scroll");
  const update = () => {
    for (const box of boxes) {
      if (box.scrollWidth > box.clientWidth) {
        const number = box.parentElement.querySelector(".eqno")?.firstChild.textContent;
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", `${number ? `Equation ${number}` : "Formula"}, scrolls sideways`);
      } else {
        for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      }
    }
  };
  const observer = new ResizeObserver(update);
  observer.observe(document.documentElement);
  document.fonts.ready.then(update);
  // folded solutions have no width until they are opened
  document.addEventListener("click", () => requestAnimationFrame(update));
})();

// Search shows the words around a match. Take them from the article, not from the buttons above
// it; and do not ask for them where the browser will refuse, which is when the book is read from
// files.
document.addEventListener("DOMContentLoaded", () => {
  if (typeof Search === "undefined") return;
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY &&= location.protocol !== "file:";
  Search.htmlToText = (html) => {
    const article = new DOMParser().parseFromString(html, "text/html").querySelector("article");
    for (const element of article.querySelectorAll(".headerlink, script, style")) element.remove();
    return article.textContent.replace(/\s+/g, " ");
  };
});

// Buttons of the theme, whose own handlers would be scripts in the page.
document.addEventListener("click", (event) => {
  const action = event.target.closest("[data-on-click]")?.dataset.onClick;
  if (action === "print") print();
  if (action === "full screen") toggleFullScreen();
});
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".bd-search-container input")?.focus();
});
