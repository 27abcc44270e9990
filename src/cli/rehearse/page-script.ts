/** The page's only script: values under the pointer or, by arrow keys, of the chart in focus; opens what a link leads to and, for printing, everything. The page is whole without it. */
export const pageScript = `
'use strict';
const clock = (t) => { const s = Math.round(t), two = (n) => String(n).padStart(2, '0'), h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60); return h > 0 ? h + ':' + two(m) + ':' + two(s % 60) : m + ':' + two(s % 60); };
for (const chart of document.querySelectorAll('svg.chart')) {
  const samples = JSON.parse(chart.dataset.samples), { left, right, end } = chart.dataset;
  const cursor = chart.querySelector('.cursor'), box = chart.parentElement, read = box.nextElementSibling;
  let index = -1;
  const show = (at, time) => {
    index = at;
    const s = samples[at];
    if (!s) return;
    const x = Number(left) + ((time ?? s[0]) / Number(end)) * (right - left);
    cursor.setAttribute('x1', x); cursor.setAttribute('x2', x);
    read.textContent = clock(time ?? s[0]) + '  weight ' + s[1] + ', answered well ' + s[2] + (s[3] === '' ? '' : ' (new version ' + s[3] + ')') + ', ready pods: stable ' + s[4] + ', new ' + s[5] + (s[6] ? ', other ' + s[6] : '') + (s[7] === '' ? '' : ', step ' + s[7]) + (s[8] ? ', ' + s[8] : '');
  };
  const hide = () => { cursor.setAttribute('x1', -9); cursor.setAttribute('x2', -9); read.textContent = read.dataset.hint; };
  chart.addEventListener('pointermove', (event) => {
    const at = chart.getBoundingClientRect(), x = ((event.clientX - at.left) / at.width) * chart.viewBox.baseVal.width;
    const time = Math.min(Number(end), Math.max(0, ((x - left) / (right - left)) * end));
    show(samples.findLastIndex((s) => s[0] <= time), time);
  });
  chart.addEventListener('pointerleave', hide);
  box.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Escape') return hide();
    if (step === undefined) return;
    event.preventDefault();
    show(Math.min(samples.length - 1, Math.max(0, index + step)));
  });
}
const open = () => { const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1)); if (target && target.matches('details')) { target.open = true; target.scrollIntoView(); } };
addEventListener('hashchange', open);
open();
addEventListener('beforeprint', () => { for (const one of document.querySelectorAll('details')) one.open = true; });
`;
