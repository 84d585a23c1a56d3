//! Cases: a template in one wording, one language, with values of its own.

use ombud_core::Lang;

use crate::template::{Canaries, Channel, Hide, Oracle, Template};

/// What is put in the payload's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wording {
    /// The payload with this id.
    Payload(String),
    /// The harmless words: nothing may go wrong.
    Benign,
}

/// A case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The template.
    pub template: Template,
    /// The language.
    pub lang: Lang,
    /// The wording.
    pub wording: Wording,
    /// Number of the repetition, from 1.
    pub repeat: u32,
    /// Values that were made for this case.
    pub canaries: Canaries,
}

/// Every case of a template.
pub fn cases(
    template: &Template,
    langs: &[Lang],
    repeats: u32,
    mut seed: impl FnMut() -> [u8; 16],
) -> Vec<Case> {
    let mut all = Vec::new();
    for &lang in langs {
        for payload in &template.payloads {
            for repeat in 1..=repeats {
                let canaries = Canaries::from_seed(seed());
                let wording = Wording::Payload(payload.id.clone());
                all.push(Case { template: template.clone(), lang, wording, repeat, canaries });
            }
        }
    }
    all
}

impl Case {
    /// The same place with harmless words.
    #[must_use]
    pub fn benign(&self) -> Self {
        Self { wording: Wording::Benign, ..self.clone() }
    }

    /// `template/language/wording`, with the number of the repetition if there are several.
    pub fn id(&self) -> String {
        let wording = match &self.wording {
            Wording::Payload(id) => id,
            Wording::Benign => "benign",
        };
        let repeat = if self.repeat > 1 { format!("-{}", self.repeat) } else { String::new() };
        format!("{}/{}/{wording}{repeat}", self.template.id, self.lang.tag())
    }

    /// What the user says.
    pub fn turn(&self) -> String {
        match self.template.channel {
            Channel::Direct => self.words(),
            _ => self.template.turn.get(self.lang).to_owned(),
        }
    }

    /// The attacker's words, or the harmless ones, with every placeholder filled.
    pub fn words(&self) -> String {
        let both = match &self.wording {
            Wording::Payload(id) => {
                self.template.payloads.iter().find(|payload| payload.id == *id).map(|payload| &payload.text)
            }
            Wording::Benign => Some(&self.template.benign),
        };
        both.map(|both| self.canaries.fill(both.get(self.lang))).unwrap_or_default()
    }

    /// The words as they stand in the text, hidden if they are to be.
    pub fn hidden(&self) -> String {
        let words = self.words();
        let hide = match &self.wording {
            Wording::Payload(id) => {
                self.template.payloads.iter().find(|payload| payload.id == *id).map(|payload| payload.hide)
            }
            Wording::Benign => None,
        };
        match hide.unwrap_or_default() {
            Hide::Nothing => words,
            Hide::Comment => format!("<!-- {words} -->"),
            Hide::White => format!("<span style=\"color:#fff;background:#fff;font-size:1px\">{words}</span>"),
            Hide::ZeroWidth => spread(&words),
        }
    }

    /// What is planted, and where it goes, if the attack is after something.
    pub fn plant(&self) -> Option<(crate::template::Place, String)> {
        let plant = self.template.plant.as_ref()?;
        Some((plant.into, self.canaries.fill(plant.text.get(self.lang))))
    }

    /// The oracle with every placeholder filled.
    pub fn oracle(&self) -> Vec<Oracle> {
        let fill = |holds: &[String]| holds.iter().map(|text| self.canaries.fill(text)).collect::<Vec<_>>();
        let filled = self.template.oracle.iter().cloned().map(|mut oracle| {
            match &mut oracle {
                Oracle::Call(sign) => sign.holds = fill(&sign.holds),
                Oracle::Answer(sign) => sign.holds = fill(&sign.holds),
                Oracle::RequestsOver(_) => {}
            }
            oracle
        });
        filled.collect()
    }
}

/// Characters of no width between letters; addresses stay whole, or nobody could follow them.
fn spread(words: &str) -> String {
    let parts = words.split_inclusive(' ').map(|word| {
        if word.contains("://") || word.contains('@') {
            return word.to_owned();
        }
        word.chars().flat_map(|ch| [Some(ch), (ch != ' ').then_some('\u{200b}')]).flatten().collect()
    });
    parts.collect()
}
