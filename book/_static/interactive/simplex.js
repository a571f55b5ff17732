// <crossent-simplex p="…" q="…" field="cross|forward|reverse|rolls">: drag the data p and the
// model q over the triangle of all dice with three faces.
"use strict";
(() => {
  const { sum, entropy, crossEntropy, divergence, Figure } = crossent;
  const CORNERS = [[20, 265], [300, 265], [160, 22.5]]; // faces 1, 2 and 3
  const LEVELS = [0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]; // nats from the best value
  const FACES = [1, 2, 3];
  const FIELDS = {
    cross: "H(p, q), the cross-entropy",
    forward: "D(p ‖ q), forward",
    reverse: "D(q ‖ p), reverse",
    rolls: "ℓ(q), log-likelihood of N rolls",
  };
  const STYLE = `
    svg { touch-action: none; }
    .edge, .level { fill: none; stroke: currentColor; }
    .level { stroke: var(--pst-color-text-muted); }
    .trail { fill: none; stroke: var(--figure-q); stroke-dasharray: 5 3; stroke-width: 2; }
    .handle { cursor: grab; outline: none; }
    .halo { fill: transparent; }
    .handle:focus-visible .halo { stroke: currentColor; stroke-width: 2; }
    #count { width: 5rem; }
    .bar { display: flex; height: 1.1rem; border: 1px solid currentColor; margin: 0.3rem 0; }
    .own { background: var(--figure-p); }
    .gap { background: repeating-linear-gradient(45deg, var(--figure-gap) 0 4px, transparent 4px 7px); }`;
  const CONTENT = `
    <div class="controls">
      <label>Contours <select id="field">${Object.entries(FIELDS).map(([key, name]) => `<option value="${key}">${name}</option>`).join("")}</select></label>
      <label>Unit <select id="unit"><option>nats</option><option>bits</option></select></label>
      <label id="rolls">N <input id="count" type="number" min="1" max="9999" value="12"></label>
      <button id="descend" type="button"></button>
    </div>
    <div class="panes">
      <svg viewBox="0 0 320 292" role="group" aria-label="The triangle of all dice with three faces">
        <path class="edge" d="M${CORNERS.join("L")}Z"/><g class="levels"></g><path class="trail"/>
        <text x="6" y="284">face 1</text><text x="270" y="284">face 2</text><text x="138" y="16">face 3</text>
        ${["q", "p"].map((name) => `<g class="handle" id="${name}" tabindex="0" role="slider" aria-valuemin="0" aria-valuemax="100" aria-label="${name === "p" ? "data p" : "model q"}; arrow keys move it">
          <circle class="halo" r="18"/>${name === "p" ? '<circle class="p" r="7"/>' : '<rect class="q" x="-6" y="-6" width="12" height="12"/>'}<text x="11" y="-9" aria-hidden="true">${name}</text></g>`).join("")}
      </svg>
      <div>
        <table><thead><tr><th scope="col">face</th>${FACES.map((k) => `<th scope="col">${k}</th>`).join("")}</tr></thead>
          <tbody>${["p", "q", "p/q"].map((row) => `<tr><th scope="row">${row}</th>${"<td></td>".repeat(3)}</tr>`).join("")}</tbody></table>
        <p id="kkt"></p>
        <div class="bar" aria-hidden="true"><i class="own"></i><i class="gap"></i></div>
        <p id="split" role="status"></p>
      </div>
    </div>`;

  const place = (q) => [0, 1].map((axis) => sum(q.map((qk, k) => qk * CORNERS[k][axis])).toFixed(2));
  /** The nearest point of the simplex, in whole hundredths, so that p = q can be hit exactly. */
  const nearest = (values) => {
    const q = values.map((value) => Math.max(value, 0));
    const cents = q.map((value) => Math.round((100 * value) / sum(q)));
    cents[cents.indexOf(Math.max(...cents))] += 100 - sum(cents);
    return cents.map((value) => value / 100);
  };
  const ratio = (pk, qk) => (qk > 0 ? pk / qk : pk > 0 ? Infinity : NaN);
  const show = (value, digits = 4) =>
    Number.isNaN(value) ? "–" : Math.abs(value) === Infinity ? (value < 0 ? "−∞" : "∞") : value.toFixed(digits).replace("-", "−");

  class Simplex extends Figure {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.p = nearest(this.numbers("p", [0.5, 0.25, 0.25]));
      this.q = nearest(this.numbers("q", [0.2, 0.2, 0.6]));
      this.trail = [];
      this.show("the simplex", STYLE, CONTENT);
      this.find("#field").value = this.getAttribute("field") || "cross";
      for (const name of ["p", "q"]) {
        const handle = this.find("#" + name);
        handle.addEventListener("pointerdown", (event) => {
          handle.setPointerCapture(event.pointerId);
          handle.focus();
          event.preventDefault();
        });
        handle.addEventListener("pointermove", (event) => handle.hasPointerCapture(event.pointerId) && this.move(name, this.under(event)));
        handle.addEventListener("keydown", (event) => this.key(event, name));
      }
      this.find("#descend").addEventListener("click", () => this.descend());
      this.draw();
    }
    under(event) {
      const inverse = this.find("svg").getScreenCTM().inverse();
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(inverse);
      const third = (265 - y) / 242.5, second = (x - 20 - 140 * third) / 280;
      return [1 - second - third, second, third];
    }
    move(name, point) {
      this.stop();
      this.trail = [];
      this[name] = nearest(point);
      this.draw();
    }
    key(event, name) {
      const steps = { ArrowRight: [-1, 1, 0], ArrowLeft: [1, -1, 0], ArrowUp: [-1, -1, 2], ArrowDown: [1, 1, -2] };
      const by = steps[event.key];
      if (!by) return;
      event.preventDefault();
      const room = Math.min(...this[name].map((value, k) => (by[k] < 0 ? -value / by[k] : 1)));
      const size = Math.min(event.shiftKey ? 0.1 : 0.01, room); // stop at the border
      this.move(name, this[name].map((value, k) => value + size * by[k]));
    }
    // Mirror descent: every class is multiplied by e to the power of minus its slope.
    descend() {
      const { p } = this;
      const reverse = this.find("#field").value === "reverse";
      let q = this.q.map((qk) => 0.98 * qk + 0.02 / 3); // a class at 0 would stay there
      this.trail = [q];
      this.run(() => {
        const grown = q.map((qk, k) => (reverse ? qk ** 0.9 * p[k] ** 0.1 : qk * Math.exp(0.12 * (p[k] / qk - 1))));
        q = grown.map((value) => value / sum(grown));
        this.trail.push(q);
        const far = divergence(p, q) > 2e-5 && this.trail.length < 400;
        this.q = far ? q : p.slice();
        return far;
      });
    }

    draw() {
      const { p, q } = this;
      const field = this.find("#field").value, rolls = field === "rolls";
      const unit = this.find("#unit").value, nats = unit === "bits" ? Math.LN2 : 1;
      const count = Math.max(1, Math.floor(Number(this.find("#count").value) || 1));
      this.find("#rolls").hidden = !rolls;
      this.find("#descend").textContent = rolls ? "Climb to the maximum" : "Descend to the minimum";
      this.contours(field === "reverse" ? (x) => divergence(x, p) : (x) => divergence(p, x) * (rolls ? count : 1));
      this.find(".trail").setAttribute("d", this.trail.length ? "M" + this.trail.map(place).join("L") : "");
      for (const name of ["p", "q"]) {
        const handle = this.find("#" + name);
        handle.setAttribute("transform", `translate(${place(this[name])})`);
        handle.setAttribute("aria-valuenow", Math.round(100 * this[name][0]));
        handle.setAttribute("aria-valuetext", this[name].map((v, k) => `face ${k + 1}: ${v.toFixed(2)}`).join(", "));
      }
      const cells = this.all("td"), ratios = p.map((pk, k) => ratio(pk, q[k]));
      [...p, ...q].forEach((value, i) => { cells[i].textContent = value.toFixed(2); });
      ratios.forEach((value, k) => { cells[6 + k].textContent = show(value, 3); });
      this.find("#kkt").textContent = p.every((pk, k) => pk === q[k])
        ? "KKT: p/q = λ = 1 on every face with q > 0. This q is the optimum."
        : "KKT fails: p/q is not the same on all faces. Probability should move to the larger ratios.";
      const own = entropy(p) / nats, gap = divergence(p, q) / nats, total = crossEntropy(p, q) / nats;
      const full = Math.max((2.2 * Math.log(3)) / nats, Math.min(total, 6 / nats)); // of the bar
      this.find(".own").style.width = `${(100 * own) / full}%`;
      this.find(".gap").style.width = `${Math.min(100 - (100 * own) / full, (100 * gap) / full)}%`;
      const split = `H(p, q) = ${show(total)} = H(p) + D(p ‖ q) = ${show(own)} + ${show(gap)} ${unit}`;
      this.find("#split").textContent =
        field === "reverse" ? `D(q ‖ p) = ${show(divergence(q, p) / nats)} ${unit}; the other way, D(p ‖ q) = ${show(gap)} ${unit}`
        : rolls ? `ℓ(q) = −${count} · H(p, q) = ${show(-count * total)} ${unit}, which is ${show(count * gap)} below ℓ(p)`
        : split;
    }
    /** Draw level sets. Each field is convex with its least value at p: a ray from p meets a
        level once, and bisection finds it. */
    contours(excess) {
      const { p } = this;
      const lines = LEVELS.map(() => ""), open = LEVELS.map(() => false);
      for (let degree = 0; degree <= 360; degree += 2) {
        const turn = (degree * Math.PI) / 180;
        const way = FACES.map((k) => Math.cos(turn + (2 * Math.PI * k) / 3));
        const reach = Math.min(...way.map((w, k) => (w < -1e-12 ? -p[k] / w : Infinity)));
        const at = (t) => p.map((pk, k) => Math.max(0, pk + t * way[k]));
        LEVELS.forEach((level, n) => {
          if (!(reach > 0 && excess(at(reach)) > level)) { open[n] = false; return; }
          let low = 0, high = reach;
          for (let halving = 0; halving < 22; halving++) {
            const middle = (low + high) / 2;
            if (excess(at(middle)) > level) high = middle; else low = middle;
          }
          lines[n] += (open[n] ? "L" : "M") + place(at(low));
          open[n] = true;
        });
      }
      this.find(".levels").innerHTML = lines.map((d) => `<path class="level" d="${d}"/>`).join("");
    }
  }
  customElements.define("crossent-simplex", Simplex);
})();
