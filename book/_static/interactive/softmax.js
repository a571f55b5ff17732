// <crossent-softmax z="…">: scores, temperature, target and smoothing against loss and gradient.
"use strict";
(() => {
  const { sum, entropy, divergence, softmax, smooth, softmaxCrossEntropy, slider, Figure } = crossent;
  const CLASSES = [1, 2, 3];
  const TARGETS = { "label 1": [1, 0, 0], "label 2": [0, 1, 0], "label 3": [0, 0, 1], "soft (0.5, 0.25, 0.25)": [0.5, 0.25, 0.25] };
  const STYLE = `
    .live table { width: 100%; margin: 0.6rem 0; }
    th, td { padding-right: 0.2rem; font-size: 0.9em; }
    .bars { position: relative; width: 34%; min-width: 2rem; height: 1.9rem; }
    i { position: absolute; left: 0; height: 0.6rem; }
    .t { top: 0.25rem; background: var(--figure-p); }
    .s { top: 1rem; background: repeating-linear-gradient(90deg, var(--figure-q) 0 5px, transparent 5px 7px); }
    .axis { width: 22%; background: linear-gradient(currentColor, currentColor) center / 1px 100% no-repeat; }
    .g { top: 0.6rem; background: var(--figure-gap); }
    .swatch { display: inline-block; position: static; width: 1.5rem; margin-left: 0.4rem; }`;

  class Softmax extends Figure {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.z = this.numbers("z", [0.5, -1, 1]);
      this.show("softmax and its gradient", STYLE, `
        <div class="controls">
          ${CLASSES.map((k) => slider("z" + k, `score z<sub>${k}</sub>`, -6, 6, 0.1, this.z[k - 1])).join("")}
          ${slider("temperature", "temperature", 0.2, 5, 0.1, 1)}
          ${slider("smoothing", "smoothing", 0, 0.5, 0.01, 0)}
          <label class="slider"><span>target</span><select id="target">${Object.keys(TARGETS).map((name) => `<option>${name}</option>`).join("")}</select></label>
        </div>
        <p aria-hidden="true">target <i class="t swatch"></i>, softmax <i class="s swatch"></i>, gradient <i class="g swatch"></i>; the bars end at 1</p>
        <table><thead><tr><th scope="col">class</th><td></td><th scope="col">target</th><th scope="col">softmax</th><th scope="col">gradient</th><td></td></tr></thead>
          <tbody>${CLASSES.map((k) => `<tr><th scope="row">${k}</th><td class="bars"><i class="t"></i><i class="s"></i></td><td></td><td></td><td></td><td class="bars axis"><i class="g"></i></td></tr>`).join("")}</tbody></table>
        <button id="step" type="button">Step against the gradient</button>
        <p role="status" id="loss"></p>`);
      this.find("#target").value = "label 2";
      this.find("#step").addEventListener("click", () => {
        const { gradient } = this.state();
        this.z = this.z.map((zk, k) => zk - gradient[k]);
        CLASSES.forEach((k) => { this.find("#z" + k).value = this.z[k - 1]; });
        this.draw();
      });
      this.draw();
    }
    changed(input) {
      const score = /^z(\d)$/.exec(input.id);
      if (score) this.z[score[1] - 1] = Number(input.value);
      this.draw();
    }
    /** The gradient is the one with respect to the scores z, before they are divided by T. */
    state() {
      const temperature = Number(this.find("#temperature").value);
      const smoothing = Number(this.find("#smoothing").value);
      const target = smooth(TARGETS[this.find("#target").value], smoothing);
      const scaled = this.z.map((zk) => zk / temperature);
      const q = softmax(scaled);
      const gradient = q.map((qk, k) => (qk - target[k]) / temperature);
      return { temperature, smoothing, target, q, gradient, loss: softmaxCrossEntropy(scaled, target) };
    }
    draw() {
      const { temperature, smoothing, target, q, gradient, loss } = this.state();
      const show = (value, digits) => value.toFixed(digits).replace(/^-(0\.0*)$/, "$1").replace("-", "−");
      CLASSES.forEach((k) => { this.find(`#z${k}-value`).textContent = show(this.z[k - 1], 1); });
      this.find("#temperature-value").textContent = show(temperature, 1);
      this.find("#smoothing-value").textContent = show(smoothing, 2);
      this.all("tbody tr").forEach((row, k) => {
        const cells = row.querySelectorAll("td");
        [target, q, gradient].forEach((values, column) => { cells[column + 1].textContent = show(values[k], 3); });
        row.querySelector(".t").style.width = `${100 * target[k]}%`;
        row.querySelector(".s").style.width = `${100 * q[k]}%`;
        const width = Math.min(50, 50 * Math.abs(gradient[k]));
        row.querySelector(".g").style.width = `${width}%`;
        row.querySelector(".g").style.left = `${gradient[k] < 0 ? 50 - width : 50}%`;
      });
      this.find("#loss").textContent = `Loss ${show(loss, 4)} nats = entropy of the target ${show(entropy(target), 4)} + divergence ${show(divergence(target, q), 4)}. The gradient sums to ${show(sum(gradient), 3)}.`;
    }
  }
  customElements.define("crossent-softmax", Softmax);
})();
