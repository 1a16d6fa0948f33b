-- ---------------------------------------------------------------------------
-- How the report looks: light and dark, narrow and wide, on paper. Colours come in
-- pairs of a ground and an ink that is read on it (4.5 to 1 at least); signs and
-- words say the same as colours do.
-- ---------------------------------------------------------------------------
CREATE FUNCTION clearance_internal.report_style() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
SELECT '
:root { color-scheme: light dark;
  --paper: #fcfcfb; --ink: #1c2127; --soft: #565e67; --line: #dcdfe2; --raised: #f2f4f4; --link: #0b5a6b; --focus: #b3480f;
  --all: #0f6674; --on-all: #ffffff; --some: #cde8ea; --on-some: #0c4551; --never: #ece5df; --on-never: #6b4a35;
  --error: #fbdedc; --on-error: #8c1710; --warning: #fbeac6; --on-warning: #6f4300; --info: #dfe9f7; --on-info: #1f4a85; --accepted: #def0e0; --on-accepted: #1d5a2a; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15191d; --ink: #e4e7ea; --soft: #a5aeb7; --line: #353c44; --raised: #1e242a; --link: #7fd0de; --focus: #ffb27a;
  --all: #1b7a8a; --on-all: #ffffff; --some: #17414a; --on-some: #bfe9ef; --never: #38302a; --on-never: #e0c3ad;
  --error: #551c19; --on-error: #ffd3cf; --warning: #4a3508; --on-warning: #ffdf9c; --info: #1d3452; --on-info: #cfe1fb; --accepted: #1b3a22; --on-accepted: #c4ebcb; } }
* { box-sizing: border-box; }
html { font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Helvetica Neue", Arial, sans-serif;
  background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 92rem; overflow-wrap: anywhere; }
main:focus { outline: none; }
h1, h2, h3, h4 { line-height: 1.2; text-wrap: balance; margin: 0; font-weight: 650; }
h1 { font-size: clamp(1.7rem, 4vw, 2.5rem); letter-spacing: -0.02em; }
h2 { font-size: 1.5rem; letter-spacing: -0.012em; }
h3 { font-size: 1.1rem; margin-top: 2rem; }
h4 { font-size: 1rem; }
p { max-width: 52rem; margin: 0.5rem 0 1rem; }
small, .soft, .rest, caption { color: var(--soft); }
small { font-size: 0.8125rem; font-weight: 400; }
a { color: var(--link); text-underline-offset: 0.18em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
code { font: 0.8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
.skip { position: absolute; left: 1rem; top: -6rem; padding: 0.6rem 1rem; background: var(--ink); color: var(--paper); z-index: 9; }
.skip:focus { top: 0.5rem; }
p.soft { font-size: 0.875rem; }
header p.soft { font-size: 1rem; margin: 0.6rem 0 0; max-width: none; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1px; margin: 1.75rem 0; background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.figures div { background: var(--paper); padding: 0.8rem 1rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--soft); font-size: 0.8125rem; }
.figures dd { margin: 0; font-size: 1.6rem; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
nav ul, .legend { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.4rem 1.5rem; }
section { margin-top: 3.5rem; border-top: 2px solid var(--ink); padding-top: 1rem; }
.legend { margin: 0 0 1rem; font-size: 0.875rem; color: var(--soft); }
.scroll { overflow: auto; scroll-padding: 8rem 1rem 1rem; max-height: 82vh; max-width: 100%; width: fit-content; border: 1px solid var(--line); border-radius: 8px; margin: 0.75rem 0 1rem; }
table { border-collapse: separate; border-spacing: 0; font-size: 0.875rem; line-height: 1.4; overflow-wrap: normal; }
caption { text-align: left; font-size: 0.8125rem; padding: 0.5rem 0.75rem; }
th, td { padding: 0.35rem 0.75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); max-width: 22rem; overflow-wrap: break-word; }
tbody th { font-weight: 500; }
th small { display: block; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--raised); font-weight: 600; vertical-align: bottom; }
tbody th:first-child, thead tr:first-child th:first-child { position: sticky; left: 0; background: var(--paper); z-index: 1; border-right: 1px solid var(--line); }
thead tr:first-child th:first-child { z-index: 3; background: var(--raised); }
tbody tr:hover > * { background-image: linear-gradient(color-mix(in srgb, var(--ink) 6%, transparent) 0 0); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.edge { border-left: 2px solid var(--line); }
.matrix thead tr:first-child th { height: 2rem; vertical-align: middle; }
.matrix thead tr + tr th { top: 2rem; max-width: 9rem; }
.matrix th, .matrix td { padding: 0.25rem 0.45rem; }
.overview td { white-space: nowrap; }
.x { display: inline-block; width: 1.45em; height: 1.45em; line-height: 1.45em; margin-right: 1px; text-align: center; border-radius: 3px; font-weight: 600; font-size: 0.8125rem; vertical-align: top; }
.more { font-size: 0.75rem; color: var(--soft); margin-left: 0.2em; font-variant-numeric: tabular-nums; }
.tag { display: inline-block; padding: 0.05rem 0.5rem; border-radius: 4px; white-space: nowrap; font-weight: 600; font-size: 0.8125rem; background-color: var(--raised); }
.tags .tag { font-weight: 500; white-space: normal; }
.all { background-color: var(--all); color: var(--on-all); }
.some { background-color: var(--some); color: var(--on-some); }
.none { color: var(--soft); }
.never { background-color: var(--never); color: var(--on-never); }
.words td { border-right: 1px solid var(--paper); min-width: 5.5rem; }
.error { background-color: var(--error); color: var(--on-error); }
.warning { background-color: var(--warning); color: var(--on-warning); }
.info { background-color: var(--info); color: var(--on-info); }
.accepted { background-color: var(--accepted); color: var(--on-accepted); }
.prose { min-width: 18rem; max-width: 32rem; }
.tags { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.25rem 0.4rem; overflow-wrap: anywhere; }
.folds { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); column-gap: 2rem; }
.share { min-width: 8rem; vertical-align: middle; }
.bar { display: block; height: 0.55rem; background-color: var(--all); border-radius: 2px; }
del { color: var(--soft); }
.values { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1rem; overflow-wrap: anywhere; }
.when { min-width: 9rem; max-width: 14rem; font-variant-numeric: tabular-nums; }
.when + .prose { max-width: 56rem; }
td small { display: block; }
.tags small { display: inline; }
details { border-top: 1px solid var(--line); min-width: 0; }
strong { font-weight: 600; }
details[open] { grid-column: 1 / -1; }
summary { cursor: pointer; padding: 0.5rem 0.25rem; }
summary h3, summary h4 { display: inline; margin: 0; font-size: 1rem; }
summary:hover { background: var(--raised); }
details > div { padding: 0 0 0.75rem; }
@media (max-width: 40rem) { body { padding-top: 1.25rem; } th, td { padding: 0.3rem 0.5rem; } tbody th:first-child { max-width: 9.5rem; } .prose { min-width: 14rem; } section { margin-top: 2.5rem; } }
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --soft: #444c55; --line: #c9cdd1; --raised: #f2f4f4; --link: #000000;
    --all: #0f6674; --on-all: #ffffff; --some: #cde8ea; --on-some: #0c4551; --never: #ece5df; --on-never: #6b4a35;
    --error: #fbdedc; --on-error: #8c1710; --warning: #fbeac6; --on-warning: #6f4300; --info: #dfe9f7; --on-info: #1f4a85; --accepted: #def0e0; --on-accepted: #1d5a2a; }
  @page { size: A4 landscape; margin: 14mm; }
  html { font-size: 75%; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { padding: 0; max-width: none; }
  .skip, .folds:not(.companies) > details:not([open]), .unfold:not(:has(details[open])) { display: none; }
  .companies { display: block; } .companies .scroll { break-inside: avoid; } .companies details::details-content { content-visibility: visible; display: block; height: auto; }
  .scroll { overflow: visible; max-height: none; border: 0; }
  thead th, tbody th:first-child, thead tr:first-child th:first-child { position: static; }
  thead { display: table-header-group; } tr, .figures { break-inside: avoid; } h2, h3, summary { break-after: avoid; }
  section { margin-top: 2rem; } section + section { break-before: page; margin-top: 0; } a { text-decoration: none; }
}
' $$;
COMMENT ON FUNCTION clearance_internal.report_style IS 'the style sheet of the report';
