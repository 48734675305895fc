#include "html.h"

/* Own work is cool, waiting is warm. */
static const char colors[] =
    ":root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#171b22;--soft:#5b6472;--line:#e1e5eb;"
    "--grid:#e9ecf1;--track:#eceff3;--good:#15803d;--bad:#c62828;--goodbg:#e7f5ec;--badbg:#fdecec;"
    "--c0:#2563eb;--c1:#d9730d;--c2:#0f8f6b;--c3:#8b3fd9;--c4:#c2255c;--c5:#0b87a8;--c6:#6a8a0a;--c7:#6b5b4d;"
    "--network:#9aa6b6;--accept_wait:#f08c3a;--ready_wait:#e0483e;--cpu:#2f6fed;--preempted:#b4233c;"
    "--overhead:#8f5fd6;--pool_wait:#e3b21c;--resource_wait:#b7791f;--resource:#23a699;--sleep:#c3ccd8;"
    "--lock_wait:#d6409f;--other:#737d8c;--hot:224 72 62}\n"
    "@media(prefers-color-scheme:dark){:root{--page:#0f1217;--card:#171b22;--ink:#e8ebf0;--soft:#9aa4b2;"
    "--line:#2a303a;--grid:#262c36;--track:#252b35;--good:#4ade80;--bad:#ff7b72;--goodbg:#12291b;--badbg:#3a1a1a;"
    "--c0:#6aa3ff;--c1:#f5a524;--c2:#3fd0a4;--c3:#c08bff;--c4:#ff7aa8;--c5:#4cc9e8;--c6:#b4d455;--c7:#c4ab94;"
    "--network:#76849a;--accept_wait:#f59e52;--ready_wait:#f26a60;--cpu:#5b93ff;--preempted:#d9536b;"
    "--overhead:#a884ea;--pool_wait:#ecc548;--resource_wait:#c99238;--resource:#36c2b4;--sleep:#56617a;"
    "--lock_wait:#ec6ab9;--other:#8b95a5;--hot:242 96 88}}\n";

static const char layout[] =
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n"
    "main{max-width:1060px;margin:0 auto;padding:32px 20px 48px}\n"
    "h1{font-size:28px;line-height:1.2;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}"
    "h2{font-size:18px;margin:0 0 10px}h3{font-size:14px;margin:18px 0 4px;overflow-wrap:anywhere}\n"
    ".about{margin:10px 0 0;max-width:72ch;overflow-wrap:anywhere}.meta,.lead{color:var(--soft);margin:4px 0 0}"
    ".lead{margin:-8px 0 14px;max-width:100ch}.card h2{margin-bottom:2px}.soft{color:var(--soft)}\n"
    "section,.card{background:var(--card);border:1px solid var(--line);border-radius:12px}"
    "section{padding:20px 22px;margin-top:18px}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(270px,1fr));gap:14px;margin-top:22px}"
    ".card{padding:16px 18px;border-top:4px solid var(--line)}\n"
    ".card h2{overflow-wrap:anywhere}.card .model{color:var(--soft);font-size:13px;margin:0 0 10px}\n"
    ".figures{display:flex;gap:22px;margin:0 0 12px}.figures div{display:flex;flex-direction:column-reverse}"
    ".figures dt{color:var(--soft);font-size:12px}.figures dd{margin:0;font-size:21px;font-weight:650;"
    "letter-spacing:-.01em;white-space:nowrap;font-variant-numeric:tabular-nums}"
    ".figures dd small{font-size:13px;font-weight:500;color:var(--soft)}\n"
    ".load{display:flex;justify-content:space-between;gap:8px;font-size:13px}.meter{height:8px;border-radius:4px;"
    "background:var(--track);margin:3px 0 10px;overflow:hidden}.meter i{display:block;height:100%}\n"
    ".card p{margin:0 0 6px;font-size:14px;overflow-wrap:anywhere}.try b{font-weight:600}\n"
    ".dot{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:7px}"
    ".chips{display:flex;flex-wrap:wrap;gap:8px;margin-top:12px}"
    ".chip{border-radius:999px;padding:2px 12px;font-size:13px;font-weight:600}"
    ".good{color:var(--good)}.bad{color:var(--bad)}.chip.good{background:var(--goodbg)}.chip.bad{background:var(--"
    "badbg)}"
    "\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-"
    "nums}"
    "th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}"
    "th:first-child,td:first-child{text-align:left;padding-left:0}tbody tr:last-child>*{border-bottom:0}"
    "thead th{font-weight:600;border-bottom-width:2px;vertical-align:bottom}thead small{display:block;font-weight:400;"
    "color:var(--soft)}td.gap{padding-top:16px}td.wrap{white-space:normal;overflow-wrap:anywhere}"
    "td.left,th.left{text-align:left}td.wrap:first-child{width:32%;min-width:15em}tbody th{font-weight:400}\n"
    ".said{margin:0 0 14px;padding:0;list-style:none}.heat td,.heat th{border-bottom:0}.heat thead "
    "th{border-bottom:2px "
    "solid var(--line)}.heat tr.first>*{border-top:1px solid var(--line)}.heat tbody th{font-weight:600}\n"
    "details{margin-top:12px}summary{cursor:pointer;color:var(--soft);font-size:13px}details table{margin-top:8px;"
    "font-size:13px}\n"
    "pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px}"
    "pre{background:var(--track);border-radius:8px;padding:12px 14px;margin:0;white-space:pre-wrap;"
    "overflow-wrap:anywhere}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;margin:0 0 6px;padding:0;list-style:none}"
    ".legend .dot{border-radius:3px}footer{color:var(--soft);font-size:13px;margin-top:22px}\n"
    ".chart{overflow-x:auto}.chart svg{display:block;width:100%;min-width:620px;height:auto}\n";

static const char charts[] =
    "svg text{font-size:12.5px;fill:var(--ink);font-family:inherit}svg .tick{fill:var(--soft);font-size:12px}"
    "svg .big{font-weight:600}svg .grid{stroke:var(--grid);stroke-width:1}svg .axis{stroke:var(--soft);"
    "stroke-width:1}svg .track{fill:var(--track)}svg .mark{stroke:var(--ink);stroke-width:1.2;"
    "stroke-dasharray:2 3;opacity:.65}svg .curve{fill:none;stroke-width:2.4;stroke-linejoin:round}"
    "svg .dots{fill:none;stroke:var(--own);stroke-width:6;stroke-linecap:round}svg .band{fill:var(--own);"
    "fill-opacity:.16}svg .knee{stroke:var(--own);stroke-width:1.2;stroke-dasharray:2 4;opacity:.8}svg "
    ".whisker{stroke:var(--own);stroke-width:2}svg .ring{"
    "fill:var(--card);stroke:var(--own);stroke-width:2.4}svg .arrived{fill:none;stroke:var(--soft);stroke-width:1.4;"
    "stroke-dasharray:1 5;stroke-linecap:round}\n"
    ".multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:4px 22px}"
    ".multiples h3{margin:10px 0 2px;font-weight:600}.multiples .chart svg{min-width:0}\n"
    "svg .thin{stroke-width:1.6}svg .hill{fill-opacity:.78}svg "
    ".halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;"
    "stroke-linejoin:round}.D1{stroke-dasharray:10 5}.D2{stroke-dasharray:3 4}"
    ".D3{stroke-dasharray:14 4 3 4}.D4{stroke-dasharray:6 3 2 3 2 3}p code{font-size:.92em}\n";

static const char print[] =
    "@media print{:root{--page:#fff;color-scheme:light}body{font-size:11pt;-webkit-print-color-adjust:exact;"
    "print-color-adjust:exact}main{max-width:none;padding:0}section,.card,.chart,tr,h3{break-inside:avoid}"
    "section.long{break-inside:auto}h2,h3,summary{break-after:avoid}section,.card{border-color:#ccc}"
    ".scroll,.chart{overflow:visible}.chart svg{min-width:0}td,th{white-space:normal}"
    "details::details-content{content-visibility:visible;display:block;height:auto}}\n";

static void put_color(Buf *buf, int i)
{
    buf_f(buf, ".S%d{--own:var(--c%d)}", i, i);
}

void html_style(Buf *buf)
{
    buf_text(buf, colors);
    buf_text(buf, layout);
    buf_text(buf, charts);
    for (int i = 0; i < HTML_COLORS; i++)
        put_color(buf, i);
    buf_text(buf, "\n.card[class*=S]{border-top-color:var(--own)}i.fill,.dot.own{background:var(--own)}"
                  "svg .curve{stroke:var(--own)}svg .hill,svg .fill{fill:var(--own)}svg .name{fill:var(--own);"
                  "font-weight:600}\n");
    for (int part = 0; part < PARTS; part++)
        buf_f(buf, ".P%d{fill:var(--%s);background:var(--%s)}", part, part_name[part], part_name[part]);
    buf_char(buf, '\n');
    buf_text(buf, print);
}
