// What the interactive figures share: the formulas of the package crossent, and the frame.
//
// The figures are custom elements without a framework. Where scripts are off, and on paper, the
// static picture inside the element is shown instead.
"use strict";
const crossent = (() => {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const xlogy = (x, y) => (x === 0 ? 0 : x * Math.log(y));

  const entropy = (p) => 0 - sum(p.map((pk) => xlogy(pk, pk)));
  const crossEntropy = (p, q) => 0 - sum(p.map((pk, k) => xlogy(pk, q[k])));

  // p log(p/q) - (p - q) class by class: none is negative, so nothing cancels in the sum.
  const divergence = (p, q) =>
    sum(
      p.map((pk, k) => {
        if (pk === 0) return q[k];
        if (q[k] === 0) return Infinity;
        const u = (pk - q[k]) / (pk + q[k]);
        if (Math.abs(u) > 0.25) return pk * Math.log(pk / q[k]) - (pk - q[k]);
        let series = 0; // of artanh(u) = log(p/q) / 2, without its first term
        for (let n = 25; n > 1; n -= 2) series = u * u * (1 / n + series);
        return (pk - q[k]) * u + 2 * pk * u * series;
      }),
    );

  const softmax = (z) => {
    const e = z.map((zk) => Math.exp(zk - Math.max(...z)));
    return e.map((ek) => ek / sum(e));
  };
  const smooth = (target, epsilon) =>
    target.map((tk) => (1 - epsilon) * tk + epsilon / target.length);
  const softmaxCrossEntropy = (z, target) => {
    const top = z.indexOf(Math.max(...z));
    const rest = Math.log1p(sum(z.map((zk, k) => (k === top ? 0 : Math.exp(zk - z[top])))));
    return 0 - sum(target.map((tk, k) => tk * (z[k] - z[top] - rest)));
  };

  // The style of every figure; colours are the book's, which custom.css sets for both themes.
  const STYLE = `
    :host { display: block; max-width: 44rem; margin: 0 auto; text-align: left; }
    .still { display: none; }
    @media print { .live { display: none; } .still { display: block; } }
    .controls { display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: center; margin: 0.4rem 0; }
    .panes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: 0.3rem 1.5rem; align-items: center; }
    svg { width: 100%; height: auto; overflow: visible; }
    text { fill: currentColor; font: 14px sans-serif; }
    .p { fill: var(--figure-p); } .q { fill: var(--figure-q); }
    .slider { display: flex; flex: 1 1 15rem; min-width: 0; gap: 0.6rem; align-items: center; }
    .slider > :last-child { flex: 1; min-width: 4rem; }
    .slider span { flex: 0 0 9.5rem; font-variant-numeric: tabular-nums; }
    select, button, input { font: inherit; color: inherit; background: var(--pst-color-background); border: 1px solid var(--pst-color-text-muted); border-radius: 4px; min-height: 2rem; accent-color: var(--figure-q); }
    button { padding: 0 0.8rem; cursor: pointer; }
    :is(select, button, input):focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: 0.1rem 0.6rem 0.1rem 0; text-align: right; font-weight: normal; }
    th:first-child { text-align: left; }
    p { margin: 0.4rem 0; font-variant-numeric: tabular-nums; }`;

  class Figure extends HTMLElement {
    /** Put `content` in the place of the static picture; `style` is the figure's own. */
    show(name, style, content) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE + style);
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      root.innerHTML = `<div class="still"><slot></slot></div>
        <div class="live" role="group" aria-label="Interactive figure: ${name}">${content}</div>`;
      for (const input of root.querySelectorAll("input, select")) input.addEventListener("input", () => this.changed(input));
      // The theme turns the page with the arrow keys.
      root.addEventListener("keydown", (event) => event.stopPropagation());
    }
    find(selector) { return this.shadowRoot.querySelector(selector); }
    all(selector) { return [...this.shadowRoot.querySelectorAll(selector)]; }
    changed() { this.stop(); this.draw(); }
    numbers(attribute, otherwise) {
      const text = this.getAttribute(attribute);
      return text ? text.trim().split(/\s+/).map(Number) : otherwise;
    }
    /** Call `step` until it returns false; at once, for readers who want no motion. Status texts
        are read out when it has ended. */
    run(step) {
      this.stop();
      const quiet = (off) => { for (const text of this.all("[role=status]")) text.ariaLive = off ? "off" : "polite"; };
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
        while (step());
        return this.draw();
      }
      const next = () => {
        const more = step();
        quiet(more);
        this.draw();
        this.frame = more ? requestAnimationFrame(next) : 0;
      };
      next();
    }
    stop() { cancelAnimationFrame(this.frame); }
  }
  const slider = (id, name, low, high, step, value, unit = "") =>
    `<label class="slider"><span>${name} <b id="${id}-value"></b>${unit}</span><input type="range" id="${id}" min="${low}" max="${high}" step="${step}" value="${value}"></label>`;

  return { sum, entropy, crossEntropy, divergence, softmax, smooth, softmaxCrossEntropy, slider, Figure };
})();
