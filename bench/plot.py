"""Pictures for docs/performance.md: panels with two logarithmic axes, as SVG text, no library.

The same figures give the same bytes. A series is named at its last mark, so there is no legend to go
back and forth to; ours is drawn thicker.
"""

import dataclasses
import math
from html import escape

WIDTH, HEIGHT = 470, 380  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 62, 160, 44, 52
INK, FAINT = "#1f2328", "#d8dee4"
FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
LINE_HEIGHT = 13

# Told apart by people who see fewer colours too.
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6e7781")


@dataclasses.dataclass
class Line:
    """Points of one contender, joined up; a single point is a mark with its name."""

    name: str
    points: list  # (x, y), both above zero


@dataclasses.dataclass
class Panel:
    title: str
    x_label: str
    y_label: str
    lines: list
    x_ticks: list = dataclasses.field(default_factory=list)  # empty: powers of ten


def decades(low, high):
    """Powers of ten around the values, at most about eight of them."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    step = max(1, math.ceil((last - first) / 8))
    return [10.0**power for power in range(first, last + step, step)]


def tick_text(value):
    """1440 as '1,440', 1000000 as '1 M', 0.00001 as 10 to the minus 5."""
    if 1 <= value < 10_000:
        return f"{value:,.0f}"
    if 1 <= value < 1e12:
        for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k"), (1, "")):
            if value >= size:
                return f"{value / size:g}{unit}"
    power = str(round(math.log10(value)))
    raised = power.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}"


class Axis:
    """Values to pixels, logarithmically."""

    def __init__(self, ticks, begin, end):
        self.ticks = ticks
        self.low, self.high = math.log(min(ticks)), math.log(max(ticks))
        self.begin, self.end = begin, end

    def at(self, value):
        share = (math.log(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)


def text(x, y, content, *, size=11, anchor="start", colour=INK, weight="normal", turn=""):
    turned = f" transform='rotate(-90 {x:.1f} {y:.1f})'" if turn else ""
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' "
            f"fill='{colour}' font-weight='{weight}'{turned}>{escape(content)}</text>")


def spread_out(wanted, least, low, high):
    """Positions near the wanted ones, in their order, at least so far apart and within bounds."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = {}
    previous = low - least
    for i in order:
        previous = placed[i] = max(wanted[i], previous + least)
    following = high + least
    for i in reversed(order):
        following = placed[i] = min(placed[i], following - least)
    return [placed[i] for i in range(len(wanted))]


def frame(panel, x, y):
    """Title, grid and labels."""
    parts = [text(LEFT, 20, panel.title, size=14, weight="600")]
    for tick in x.ticks:
        at = x.at(tick)
        parts.append(f"<line x1='{at:.1f}' y1='{TOP}' x2='{at:.1f}' y2='{HEIGHT - BOTTOM}' "
                     f"stroke='{FAINT}'/>")
        parts.append(text(at, HEIGHT - BOTTOM + 16, tick_text(tick), anchor="middle"))
    for tick in y.ticks:
        at = y.at(tick)
        parts.append(f"<line x1='{LEFT}' y1='{at:.1f}' x2='{WIDTH - RIGHT}' y2='{at:.1f}' "
                     f"stroke='{FAINT}'/>")
        parts.append(text(LEFT - 6, at + 4, tick_text(tick), anchor="end"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, panel.x_label, anchor="middle"))
    parts.append(text(14, (TOP + HEIGHT - BOTTOM) / 2, panel.y_label, anchor="middle", turn="left"))
    return parts


def draw_line(line, colour, is_ours, x, y):
    """The line and its marks; where its last one is."""
    points = [(x.at(px), y.at(py)) for px, py in line.points]
    parts = []
    if len(points) > 1:
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f"<polyline points='{path}' fill='none' stroke='{colour}' "
                     f"stroke-width='{3 if is_ours else 1.5}'/>")
    radius = 4.5 if is_ours else 3
    parts += [f"<circle cx='{px:.1f}' cy='{py:.1f}' r='{radius}' fill='{colour}'/>"
              for px, py in points]
    return parts, points[-1]


def name_lines(panel, ends, colours):
    """Names beside the last marks, moved apart where they would lie on one another."""
    heights = spread_out([end[1] for end in ends], LINE_HEIGHT, TOP + 4, HEIGHT - BOTTOM - 2)
    parts = []
    for number, (line, end, height) in enumerate(zip(panel.lines, ends, heights)):
        colour, at = colours[line.name], end[0] + 12
        parts.append(f"<line x1='{end[0] + 4:.1f}' y1='{end[1]:.1f}' x2='{at - 2:.1f}' "
                     f"y2='{height:.1f}' stroke='{colour}' stroke-width='0.7'/>")
        parts.append(text(at, height + 4, line.name, colour=colour,
                          weight="700" if number == 0 else "normal"))
    return parts


def draw_panel(panel, colours):
    every_x = [px for line in panel.lines for px, _ in line.points]
    every_y = [py for line in panel.lines for _, py in line.points]
    x = Axis(panel.x_ticks or decades(min(every_x), max(every_x)), LEFT, WIDTH - RIGHT)
    y = Axis(decades(min(every_y), max(every_y)), HEIGHT - BOTTOM, TOP)
    parts, ends = frame(panel, x, y), []
    for number, line in enumerate(panel.lines):
        drawn, end = draw_line(line, colours[line.name], number == 0, x, y)
        parts += drawn
        ends.append(end)
    return parts + name_lines(panel, ends, colours)


def colours_of(panels):
    """One for each name, the same in all panels; ours is the first."""
    longest = max(panels, key=lambda panel: len(panel.lines))
    names = dict.fromkeys(line.name for panel in (longest, *panels) for line in panel.lines)
    return {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}


def draw(panels):
    """The panels side by side; the first line of each is ours."""
    width, colours = WIDTH * len(panels), colours_of(panels)
    parts = [f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {HEIGHT}' "
             f"width='{width}' height='{HEIGHT}' {FONT}>",
             f"<rect width='{width}' height='{HEIGHT}' fill='white'/>"]
    for number, panel in enumerate(panels):
        parts.append(f"<g transform='translate({WIDTH * number} 0)'>")
        parts += draw_panel(panel, colours)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])
