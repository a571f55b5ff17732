// <crossent-fit counts="…" first="…" width="…">: fit a bell to a histogram, in either direction of
// the divergence. `first` is the left edge of the first bin, `width` the bins' width in cm.
"use strict";
(() => {
  const { sum, divergence, softmax, slider, Figure } = crossent;
  const [LEFT, RIGHT, TOP, GROUND] = [14, 396, 8, 170];
  const STYLE = `
    svg { display: block; max-width: 34rem; margin: 0 auto; }
    .data { fill: none; stroke: var(--figure-p); stroke-width: 2; }
    .model { fill: none; stroke: var(--figure-q); stroke-width: 2; stroke-dasharray: 5 3; }
    .axis { stroke: currentColor; }`;

  class Fit extends Figure {
    connectedCallback() {
      if (this.shadowRoot) return;
      const counts = this.numbers("counts", [1, 4, 6, 4, 1]);
      const [first] = this.numbers("first", [0]), [width] = this.numbers("width", [1]);
      this.p = counts.map((count) => (count + 1) / (sum(counts) + counts.length));
      this.middles = counts.map((_, k) => first + (k + 0.5) * width);
      this.low = first;
      this.high = first + counts.length * width;
      this.bin = width;
      const [m] = this.numbers("m", [(this.low + this.high) / 2]), [s] = this.numbers("s", [width]);
      const ticks = Array.from({ length: 5 }, (_, i) => this.low + (i * (this.high - this.low)) / 4);
      this.show("fit a bell in either direction", STYLE, `
        <svg viewBox="0 0 410 205" role="img" aria-label="Histogram of the data p, solid steps, and the bell q, dashed with dots">
          <path class="axis" d="M${LEFT} ${GROUND}H${RIGHT}"/><path class="data"/><path class="model"/><g class="dots"></g>
          ${ticks.map((x) => `<text x="${this.across(x)}" y="186" text-anchor="middle">${x}</text>`).join("")}
          <text x="205" y="203" text-anchor="middle">petal length (cm)</text>
        </svg>
        <div class="controls">${slider("m", "middle m", this.low, this.high, 0.01, m, " cm")}${slider("s", "width s", 0.2, 4, 0.01, s, " cm")}</div>
        <div class="controls">
          <button id="forward" type="button">Descend in D(p ‖ q)</button>
          <button id="reverse" type="button">Descend in D(q ‖ p)</button>
        </div>
        <p role="status" id="gaps"></p>`);
      for (const direction of ["forward", "reverse"]) this.find("#" + direction).addEventListener("click", () => this.descend(direction));
      [this.m, this.s] = [m, s];
      this.draw();
    }
    changed(input) {
      this.stop();
      this[input.id] = Number(input.value);
      this.draw();
    }
    across(x) { return LEFT + ((RIGHT - LEFT) * (x - this.low)) / (this.high - this.low); }
    bell(m, s) { return softmax(this.middles.map((x) => -(((x - m) / s) ** 2) / 2)); }
    gap(direction, m, s) {
      const q = this.bell(m, s);
      return direction === "forward" ? divergence(this.p, q) : divergence(q, this.p);
    }
    /** Gradient descent in (m / s, log s), in steps of 0.3 at most, halved where
        the divergence would grow. */
    descend(direction) {
      let rate = 0.5, steps = 0;
      this.run(() => {
        const { m, s, middles, p } = this;
        const q = this.bell(m, s);
        const scores = [middles.map((x) => (x - m) / s), middles.map((x) => ((x - m) / s) ** 2)];
        // Forward: E_q - E_p of each score; reverse: its covariance with log(q/p) under q.
        const slopes = scores.map((score) => {
          const mean = sum(score.map((value, k) => q[k] * value));
          return sum(score.map((value, k) => (value - mean) * (direction === "forward" ? -p[k] : q[k] * Math.log(q[k] / p[k]))));
        });
        const now = this.gap(direction, m, s);
        for (; rate > 1e-9; rate /= 2) {
          const [along, across] = slopes.map((slope) => Math.max(-0.3, Math.min(0.3, rate * slope)));
          const next = [m - s * along, s * Math.exp(-across)];
          if (this.gap(direction, ...next) <= now) { [this.m, this.s] = next; break; }
        }
        rate = Math.min(1, rate * 1.5);
        return Math.hypot(...slopes) > 1e-6 && ++steps < 2000;
      });
    }
    draw() {
      const { p, m, s } = this;
      const q = this.bell(m, s);
      this.find("#m").value = m;
      this.find("#s").value = s;
      this.find("#m-value").textContent = m.toFixed(2);
      this.find("#s-value").textContent = s.toFixed(2);
      const up = (value) => GROUND - ((GROUND - TOP) * value) / Math.max(...p, ...q);
      const points = q.map((qk, k) => [this.across(this.middles[k]).toFixed(1), up(qk).toFixed(1)]);
      const steps = p.map((pk, k) => `V${up(pk).toFixed(1)}H${this.across(this.low + (k + 1) * this.bin).toFixed(1)}`);
      this.find(".data").setAttribute("d", `M${LEFT} ${GROUND}${steps.join("")}V${GROUND}`);
      this.find(".model").setAttribute("d", "M" + points.join("L"));
      this.find(".dots").innerHTML = points.map(([x, y]) => `<circle class="q" cx="${x}" cy="${y}" r="3"/>`).join("");
      this.find("#gaps").textContent = `m = ${m.toFixed(2)} cm, s = ${s.toFixed(2)} cm: D(p ‖ q) = ${divergence(p, q).toFixed(4)} nats, D(q ‖ p) = ${divergence(q, p).toFixed(4)} nats`;
    }
  }
  customElements.define("crossent-fit", Fit);
})();
