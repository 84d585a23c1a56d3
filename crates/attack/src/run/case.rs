//! Cases: a template with one wording, in one language, with its own generated values.

use ombud_core::Lang;

use crate::template::{Canaries, Channel, Hide, Oracle, Template};

/// The wording that is inserted as the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wording {
    /// The payload with this id.
    Payload(String),
    /// The harmless wording, under which nothing may go wrong.
    Benign,
}

/// One test case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The template.
    pub template: Template,
    /// The language.
    pub lang: Lang,
    /// The wording.
    pub wording: Wording,
    /// Number of the repetition, starting at 1.
    pub repeat: u32,
    /// Values generated for this case.
    pub canaries: Canaries,
}

/// Returns every case of a template.
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
    /// The same case with the harmless wording.
    #[must_use]
    pub fn benign(&self) -> Self {
        Self { wording: Wording::Benign, ..self.clone() }
    }

    /// Returns `template/language/wording`, followed by the number of the repetition from the second one on.
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

    /// The words as they appear in the text, hidden in the way the payload asks for.
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

    /// The text to plant and where to plant it, if the attack is after something.
    pub fn plant(&self) -> Option<(crate::template::Place, String)> {
        let plant = self.template.plant.as_ref()?;
        Some((plant.into, self.canaries.fill(plant.text.get(self.lang))))
    }

    /// The oracle with every placeholder filled in.
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

/// Puts zero-width characters between letters; addresses stay intact so that they can still be followed.
fn spread(words: &str) -> String {
    let parts = words.split_inclusive(' ').map(|word| {
        if word.contains("://") || word.contains('@') {
            return word.to_owned();
        }
        word.chars().flat_map(|ch| [Some(ch), (ch != ' ').then_some('\u{200b}')]).flatten().collect()
    });
    parts.collect()
}
