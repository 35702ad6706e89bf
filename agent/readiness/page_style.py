"""The style sheet of the readiness page: screens from 360 px on, and A4. No colour is the only sign of anything.

Letters have at least 4.5 : 1 against what is behind them (WCAG 2.1, 1.4.3).
"""

from __future__ import annotations

from typing import Final

STYLE: Final = """
@page { size: A4 landscape; margin: 12mm; }
* { box-sizing: border-box; }
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #1b1b1b; background: #fff;
  margin: 0 auto; padding: 20px; max-width: 1400px; overflow-wrap: anywhere; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 6px; }
h2 { font-size: 19px; margin: 32px 0 8px; }
h3 { font-size: 16px; line-height: 1.3; margin: 0; }
p { margin: 2px 0; color: #444; }
p.meeting { color: #1b1b1b; font-weight: 600; }
p.notice { color: #7a2e00; font-weight: 600; border-left: 4px solid #d55e00; padding-left: 8px; margin: 8px 0; }
nav { margin: 12px 0 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 8px; margin: 0; padding: 0; list-style: none; }
nav a { display: inline-block; padding: 6px 12px; border: 1px solid #5a7894; border-radius: 16px; color: #0b4a7a;
  text-decoration: none; }
nav a:hover { text-decoration: underline; }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(145px, 1fr)); gap: 10px;
  margin: 14px 0 10px; }
dl.figures div { border-radius: 8px; padding: 8px 12px; display: flex; flex-direction: column-reverse;
  justify-content: flex-end; border: 1px solid; }
dl.figures dt { font-size: 13px; }
dl.figures dd { margin: 0; font-size: 26px; line-height: 1.2; font-weight: 700;
  font-variant-numeric: tabular-nums; }
svg.shares { display: block; width: 100%; height: 14px; border-radius: 7px; }
.not_ready { color: #7a1f00; background: #fde9e3; border-color: #c0522f; fill: #c0522f; }
.not_known { color: #43207a; background: #f0e9f8; border-color: #8a63c2; fill: #8a63c2; }
.ready_with_warnings { color: #5c4300; background: #fff3d1; border-color: #b58a1b; fill: #e3b23c; }
.ready { color: #00432f; background: #e3f4ea; border-color: #3c8f6b; fill: #3c8f6b; }
.badge { display: inline-block; border: 1px solid; border-radius: 12px; padding: 1px 9px; font-size: 13px;
  line-height: 1.4; font-weight: 600; }
ul.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 14px;
  align-items: start;
  margin: 0; padding: 0; list-style: none; }
ul.cards > li { border: 1px solid #b9c4ce; border-left: 5px solid; border-radius: 6px; padding: 10px 12px;
  background: #fff; color: #1b1b1b; min-width: 0; }
ul.cards > li.not_ready { border-left-color: #c0522f; }
ul.cards > li.not_known { border-left-color: #8a63c2; }
.card-head { display: flex; gap: 8px; justify-content: space-between; align-items: flex-start; }
.card-head h3 { min-width: 0; }
.card-head .badge { flex: none; }
ul.reasons { margin: 8px 0; padding: 0; list-style: none; }
ul.reasons li { margin: 0 0 6px; padding-left: 20px; text-indent: -20px; }
ul.reasons .sign { display: inline-block; width: 20px; text-indent: 0; font-weight: 700; }
ul.reasons .said { background: none; }
ul.reasons .not_ready, ul.reasons .not_known { font-weight: 600; }
ul.reasons .step { display: block; text-indent: 0; color: #1b1b1b; }
dl.facts { margin: 0; font-size: 13.5px; }
dl.facts div { display: flex; gap: 8px; padding: 2px 0; border-top: 1px solid #e4e8ec; }
dl.facts dt { flex: none; width: 92px; color: #505a63; }
dl.facts dd { margin: 0; min-width: 0; }
.short { color: #7a1f00; font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 8px 0 4px; }
thead th { text-align: left; vertical-align: bottom; background: #dde7f0; }
th, td { padding: 5px 6px; border-bottom: 1px solid #d9d9d9; vertical-align: top; text-align: left; }
th { font-weight: 600; }
td.n, th.n { text-align: right; }
tfoot th, tfoot td { font-weight: 700; border-top: 2px solid #5a7894; }
#all td p, #all th p { color: #444; font-weight: 400; font-size: 12px; }
#all ul.reasons { margin: 0; }
#all table { table-layout: fixed; }
#all th.state { width: 11.5%; }
#all th.endpoint { width: 16%; }
#all th.findings { width: 23%; }
#all th.last_good_call { width: 8.5%; }
.sums { display: grid; align-items: start; gap: 4px 28px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.sums thead th { overflow-wrap: break-word; }
.sums tbody th { font-weight: 400; min-width: 5.5em; }
ul.words { padding-left: 20px; }
ul.words li { margin: 4px 0; }
@media screen and (max-width: 760px) {
  body { padding: 14px; }
  .sums table { font-size: 12px; }
  .sums th, .sums td { padding: 5px 3px; }
  .sums thead th { font-size: 11.5px; }
  #all table, #all tbody, #all tr, #all th, #all td { display: block; width: auto; }
  #all thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  #all tr { border: 1px solid #b9c4ce; border-radius: 6px; padding: 8px 10px; margin: 0 0 10px; }
  #all tbody th, #all td { border: 0; padding: 2px 0; }
  #all td[data-label]::before { content: attr(data-label) ": "; color: #505a63; }
  #all tbody th { font-size: 15px; }
}
@media print {
  body { padding: 0; max-width: none; font-size: 9.5pt; }
  nav { display: none; }
  h1 { font-size: 15pt; }
  h2 { font-size: 12pt; margin-top: 14pt; }
  h3 { font-size: 9.5pt; }
  .badge { font-size: 7.5pt; padding: 0 5pt; }
  ul.cards { grid-template-columns: repeat(3, 1fr); gap: 8pt; font-size: 8pt; }
  ul.reasons { margin: 4pt 0; }
  ul.reasons li { margin: 0 0 2pt; }
  dl.facts { font-size: 8pt; }
  table, #all td p, #all th p { font-size: 7.5pt; }
  th, td { padding: 2pt 3pt; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  tr, ul.cards > li, dl.figures div { break-inside: avoid; }
  h2, caption { break-after: avoid; }
  .badge, dl.figures div, thead th, svg.shares { print-color-adjust: exact; }
}
"""
