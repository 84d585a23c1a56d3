//! Postal addresses in the forms of several countries.

use super::number;
use crate::train::gazetteer::Lists;
use crate::train::random::Random;

const ROADS: &[&str] =
    &["路", "街", "大道", "巷", "胡同", "大街", "北路", "东路", "西街", "中路", "南路", "弄"];
const ESTATES: &[&str] =
    &["小区", "花园", "苑", "公寓", "大厦", "广场", "家园", "新村", "府", "城", "里", "湾", "中心"];
const NAMED: &[&str] = &[
    "建设", "人民", "中山", "解放", "和平", "新华", "长江", "滨河", "学府", "文化", "朝阳", "光明", "翠竹",
    "湖滨", "科技", "创业", "幸福", "迎宾", "振兴", "东风", "阳光", "锦绣", "绿地", "万科", "碧桂", "金色",
    "龙湖", "丽景",
];

pub(super) fn chinese(lists: &Lists, random: &mut Random) -> String {
    let mut text = if random.percent(80) { random.pick(&lists.diming) } else { String::new() };
    if random.percent(35) {
        text.push_str(&random.pick(&lists.diming));
    }
    let name = |random: &mut Random| -> String {
        if random.percent(50) { random.pick(NAMED).to_owned() } else { random.pick(&lists.ming) }
    };
    if text.is_empty() || random.percent(75) {
        text.extend([format!("{}{}", name(random), random.pick(ROADS))]);
        if random.percent(80) {
            text.extend([format!("{}号", number(random, 3))]);
        }
    }
    if random.percent(55) {
        text.extend([format!("{}{}", name(random), random.pick(ESTATES))]);
        text.extend([match random.below(5) {
            0 => format!("{}栋{}室", number(random, 2), number(random, 4)),
            1 => format!("{}号楼{}单元{}", number(random, 2), number(random, 1), number(random, 3)),
            2 => format!("{}幢{}", number(random, 2), number(random, 3)),
            3 => format!("{}座{}层", random.pick(&["A", "B", "C", "东", "西"]), number(random, 2)),
            _ => String::new(),
        }]);
    }
    text
}

const STATES: &[&str] = &[
    "CA", "NY", "TX", "WA", "IL", "FL", "OH", "MA", "CO", "GA", "NC", "OR", "PA", "MI", "AZ", "NJ", "VA",
    "MN", "WI", "TN",
];
const STREETS: &[&str] = &[
    "Street",
    "St",
    "St.",
    "Avenue",
    "Ave",
    "Ave.",
    "Road",
    "Rd",
    "Lane",
    "Drive",
    "Dr",
    "Blvd",
    "Boulevard",
    "Court",
    "Way",
    "Place",
    "Terrace",
    "Close",
    "Crescent",
    "Highway",
    "Pkwy",
    "Square",
    "Hill",
    "Row",
];
const TREES: &[&str] = &[
    "Oak",
    "Maple",
    "Main",
    "High",
    "Church",
    "Park",
    "Mill",
    "Cedar",
    "Lake",
    "River",
    "Elm",
    "Station",
    "Queen",
    "King",
    "Washington",
    "Victoria",
    "Sunset",
    "2nd",
    "5th",
    "North",
    "Pine",
    "Spring",
];

/// An address in Latin letters from one of several countries, on one line or several.
pub(super) fn latin(lists: &Lists, random: &mut Random) -> String {
    let place = |random: &mut Random| random.pick(&lists.places);
    let family = |random: &mut Random| -> String {
        if random.percent(50) { random.pick(TREES).to_owned() } else { random.pick(&lists.family) }
    };
    let (city, name, house) = (place(random), family(random), number(random, 4));
    let code = |random: &mut Random, n| super::digits(random, n);
    let street = match random.below(12) {
        0 => format!("{name}straße {}", number(random, 2)),
        1 => format!("{name}weg {}", number(random, 2)),
        2 => format!("{} rue {name}", number(random, 2)),
        3 => format!(
            "Calle {name} {}, {}º {}",
            number(random, 2),
            number(random, 1),
            random.pick(&["A", "B", "C"])
        ),
        4 => format!("Via {name} {}", number(random, 2)),
        5 => format!(
            "{name}{} {}",
            random.pick(&["straat", "gatan", "gata", "katu", "vej", "gracht", "laan"]),
            number(random, 2)
        ),
        6 => format!("Rua {name}, {}", number(random, 3)),
        _ => format!("{house} {name} {}", random.pick(STREETS)),
    };
    let unit = match random.below(8) {
        0 => format!(", Apt {}{}", number(random, 2), random.pick(&["", "A", "B"])),
        1 => format!(" Apt. {}", number(random, 3)),
        2 => format!(", Suite {}", number(random, 3)),
        3 => format!(", Flat {}", number(random, 2)),
        _ => String::new(),
    };
    let line = random.pick(&[", ", ", ", ", ", "\n", " "]);
    match random.below(8) {
        0 => format!("{street}{unit}"),
        1 => format!("{street}{unit}{line}{} {city}", code(random, 5)),
        2 => format!("{street}{unit}{line}{city} {}", code(random, 4)),
        3 => format!("{street}{unit}{line}{city}{line}{}", place(random)),
        4 => format!(
            "{street}{unit}{line}{city}, {}{} {}{}",
            random.pick(&["L", "SW", "M", "EH", "LS", "B"]),
            number(random, 1),
            number(random, 1),
            random.pick(&["AB", "QT", "XX", "DW", "PL"]),
        ),
        5 => format!("{street}{unit}{line}{city}"),
        _ => format!("{street}{unit}{line}{city}, {} {}", random.pick(STATES), code(random, 5)),
    }
}
