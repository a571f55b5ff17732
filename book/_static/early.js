// What must be known before the page is drawn: its colour theme, and the font of its formulas.
(({ dataset }) => {
  const saved = (() => { try { return localStorage.getItem("mode"); } catch { return null; } })();
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.mode = saved || "auto";
  dataset.theme = dataset.mode !== "auto" ? dataset.mode : dark ? "dark" : "light";
})(document.documentElement);

// Formulas move least if their font is there early. From a file, preloading is an error.
if (location.protocol !== "file:") {
  document.head.append(Object.assign(document.createElement("link"), {
    rel: "preload", as: "font", type: "font/woff2", crossOrigin: "anonymous",
    href: new URL("stix-two-math.woff2", document.currentScript.src),
  }));
}

// sphinx-togglebutton's settings, which it would write into every page.
var togglebuttonSelector = ".toggle, .admonition.dropdown";
var toggleHintShow = "Click to show";
var toggleHintHide = "Click to hide";
var toggleOpenOnPrint = "true";
