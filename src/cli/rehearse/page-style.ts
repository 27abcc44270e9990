/** The looks of the page: light and dark, on a phone and on paper. Colours are told apart by people who see few of them (after Okabe and Ito). */
export const pageStyle = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#59636e;--rule:#d9dee3;--raised:#f6f8fa;--new:#0072b2;--stable:#7b8794;--other:#a3478d;--bad:#c44601;--badsoft:#fbe9df;--good:#00734f;--goodsoft:#def3ea;--warn:#8a5a00;--warnsoft:#fdf1d6;--focus:#0072b2}
@media (prefers-color-scheme:dark){:root{--paper:#12161b;--ink:#e8ecf0;--soft:#9aa7b4;--rule:#2e3740;--raised:#1a2027;--new:#56b4e9;--stable:#8d99a6;--other:#dd8fc4;--bad:#ff8a4c;--badsoft:#3a2117;--good:#4fd0a0;--goodsoft:#12322a;--warn:#f0be53;--warnsoft:#332a14;--focus:#56b4e9}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem;letter-spacing:-.01em}
h2{font-size:1.35rem;margin:2.75rem 0 .75rem;line-height:1.25}
p{margin:.4rem 0}
.lead,.soft{color:var(--soft)}
code,.name{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em;overflow-wrap:anywhere}
a{color:var(--new);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1.25rem 0;padding:0}
.figures div{border:1px solid var(--rule);border-radius:10px;padding:.7rem .9rem;background:var(--raised)}
.figures dt{color:var(--soft);font-size:.82rem}
.figures dd{margin:0;font-size:1.3rem;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums}
.figures dd small{display:block;font-size:.78rem;font-weight:400;color:var(--soft);overflow-wrap:anywhere}
.badge{display:inline-block;border-radius:99px;padding:.05rem .6rem;font-size:.82rem;font-weight:600;white-space:nowrap}
.badge.ok{background:var(--goodsoft);color:var(--good)}
.badge.bad{background:var(--badsoft);color:var(--bad)}
.badge.warn{background:var(--warnsoft);color:var(--warn)}
.findings{list-style:none;margin:0;padding:0;display:grid;gap:.75rem}
.findings li{border:1px solid var(--rule);border-left:4px solid var(--warn);border-radius:8px;padding:.7rem 1rem}
.findings li.risk{border-left-color:var(--bad)}
.findings .where{color:var(--soft);font-size:.88rem;overflow-wrap:anywhere}
.findings .change::before{content:"Change: ";font-weight:600}
.scroll{overflow-x:auto;border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.45rem .7rem;border-bottom:1px solid var(--rule);vertical-align:top}
thead th{color:var(--soft);font-weight:600;font-size:.82rem;white-space:nowrap}
td.number,th.number{text-align:right;white-space:nowrap}
.scenarios tbody th{min-width:11rem}
details.scenario{border:1px solid var(--rule);border-radius:10px;margin:.75rem 0;background:var(--paper)}
details.scenario>summary{cursor:pointer;padding:.7rem 1rem;display:flex;flex-wrap:wrap;gap:.35rem .75rem;align-items:baseline}
details.scenario>summary::before{content:"\\25b8";color:var(--soft)}
details.scenario[open]>summary::before{content:"\\25be"}
details.scenario>summary::-webkit-details-marker{display:none}
summary h3{display:inline;font-size:1rem;margin:0}
summary .soft{font-size:.88rem}
.inside{padding:0 1rem 1rem}
.granted{margin:1rem 0;color:var(--soft);font-size:.92rem}.granted summary{cursor:pointer}.granted ul{margin:.4rem 0;padding-left:1.4rem}
svg.chart{display:block;width:100%;min-width:34rem;height:auto;touch-action:pan-y}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft)}
svg .title{font-weight:600;fill:var(--ink)}
svg .tick,svg .unit{text-anchor:end}svg .time{text-anchor:middle}
svg .grid{stroke:var(--rule)}svg .axis{stroke:var(--soft)}
svg .line{fill:none;stroke-width:2}svg .dashed{stroke-dasharray:5 3}
svg .area{opacity:.16}
svg .new.line{stroke:var(--new)}svg .new.area{fill:var(--new)}
svg .bad.area{fill:var(--bad);opacity:.35}
svg .all.line{stroke:var(--ink)}
svg .total.line{stroke:var(--soft);stroke-width:1}
svg .band{opacity:.8}svg .stable.band{fill:var(--stable);opacity:.55}svg .new.band{fill:var(--new)}svg .other.band{fill:var(--other)}
svg .label{font-weight:600}svg .label.new{fill:var(--new)}svg .label.stable,svg .label.all{fill:var(--ink)}svg .label.other{fill:var(--other)}
svg .mark line{stroke:var(--warn);stroke-dasharray:3 3}svg .mark circle{fill:var(--warn)}svg .mark text{fill:var(--paper);text-anchor:middle;font-weight:700;font-size:11px}
svg .moment.event{fill:var(--soft)}svg .moment.warning{fill:var(--bad)}
svg .cursor{stroke:var(--ink);stroke-width:1;opacity:.6;pointer-events:none}
.read{min-height:1.5em;font-size:.88rem;color:var(--soft);font-variant-numeric:tabular-nums;margin:.25rem 0 .5rem}
.story td:first-child{white-space:nowrap;color:var(--soft);text-align:right}
.story td{padding:.25rem .6rem;overflow-wrap:break-word}.story td:nth-child(2){white-space:nowrap}.story td:nth-child(3){width:100%}
.story .no{display:inline-block;min-width:1.35em;text-align:center;border-radius:99px;background:var(--warn);color:var(--paper);font-weight:700;font-size:.8em;margin-right:.4em}
.story .warning td:nth-child(2){color:var(--bad);font-weight:600}
footer{margin-top:3rem;color:var(--soft);font-size:.85rem}
@media (max-width:40rem){main{padding:1.25rem .9rem 3rem}h1{font-size:1.5rem}.inside{padding:0 .6rem .8rem}.story tr{display:grid;grid-template-columns:3.5rem 1fr;border-bottom:1px solid var(--rule)}.story td{border:0}.story td:nth-child(3){grid-column:2;padding-top:0;overflow-wrap:anywhere;width:auto}}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;--raised:#fff;--new:#0072b2;--bad:#c44601;--stable:#7b8794}body{font-size:11pt}main{max-width:none;padding:0}.skip,.read,.cursor{display:none}details.scenario,.findings li,table tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}svg.chart{min-width:0}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
