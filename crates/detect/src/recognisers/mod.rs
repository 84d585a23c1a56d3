//! The recognisers, one per file. To add one, write the file and add its line to the list below.

use std::ops::{Range, RangeInclusive};

use ombud_core::DataType;

use crate::resolve::{Candidate, Strength};
use crate::text::Text;

mod made;
mod numbers;

/// Declares the modules and the list together, so that a recogniser is one line, under the country whose numbers it reads
/// (ISO 3166, lower case), or under "" if it belongs to no country.
macro_rules! recognisers {
    ($($locale:literal { $($module:ident,)* })*) => {
        $($(mod $module;)*)*

        /// Every recogniser with its country; at most 128.
        static ALL: &[(&str, &Recogniser)] = &[$($(($locale, &$module::RECOGNISER),)*)*];
    };
}

recognisers! {
    "" {
        address_en,
        address_germanic,
        address_romance,
        address_zh,
        age,
        azure_key,
        bank_account,
        bearer,
        birth_before,
        birth_date,
        bot_token,
        card,
        command_login,
        command_password,
        cookie,
        credential_call,
        db_url,
        driver_licence,
        email,
        email_spelled,
        employee_id,
        environ_item,
        geo,
        iban,
        imei,
        insurance,
        ipv4,
        ipv6,
        jwt,
        keyword_secret,
        labelled_name,
        labelled_secret,
        mac,
        mac_written,
        otpauth,
        own_form_key,
        passport,
        password_hash,
        pem,
        phone_international,
        phone_labelled,
        po_box,
        recovery_codes,
        salary,
        secret_pair,
        seed_phrase,
        student_id,
        truenas_key,
        url,
        vendor_form,
        vendor_key,
        vendor_named,
        vin,
        wallet,
        webhook,
        zhipu_key,
    }
    "cn" {
        cn_id,
        cn_landline,
        cn_military,
        cn_mobile,
        cn_mobile_spaced,
        cn_mobile_written,
        permit,
        plate,
        qq,
        uscc,
        wechat,
    }
    "hk" {
        hk_id,
    }
    "mo" {
        mo_id,
    }
    "tw" {
        tw_id,
    }
    "au" {
        au_abn,
        au_medicare,
        au_tfn,
    }
    "br" {
        br_cnpj,
        br_cpf,
    }
    "ca" {
        ca_sin,
    }
    "de" {
        de_tax_id,
    }
    "dk" {
        dk_cpr,
    }
    "es" {
        es_nif,
    }
    "fi" {
        fi_hetu,
    }
    "fr" {
        fr_nir,
    }
    "gb" {
        uk_nhs,
        uk_nino,
        uk_postcode,
    }
    "in" {
        in_aadhaar,
        in_gstin,
        in_pan,
    }
    "it" {
        it_cf,
    }
    "kr" {
        kr_rrn,
    }
    "nl" {
        nl_bsn,
    }
    "pl" {
        pl_pesel,
    }
    "se" {
        se_pnr,
    }
    "sg" {
        sg_nric,
    }
    "th" {
        th_id,
    }
    "tr" {
        tr_id,
    }
    "us" {
        phone_nanp,
        ssn,
        us_ein,
        us_itin,
        us_mbi,
        us_npi,
        us_routing,
    }
    "za" {
        za_id,
    }
}

/// The recognisers of these countries plus those of no country; all if no countries are given.
pub(crate) fn chosen(locales: Option<&[String]>) -> Vec<&'static Recogniser> {
    let wanted = |locale: &str| {
        locale.is_empty()
            || locales.is_none_or(|locales| locales.iter().any(|other| other.eq_ignore_ascii_case(locale)))
    };
    ALL.iter().filter(|(locale, _)| wanted(locale)).map(|(_, recogniser)| *recogniser).collect()
}

/// The countries that have recognisers of their own.
pub fn locales() -> Vec<&'static str> {
    let mut locales: Vec<&str> =
        ALL.iter().map(|(locale, _)| *locale).filter(|locale| !locale.is_empty()).collect();
    locales.dedup();
    locales
}

/// Where a recogniser reads.
pub(crate) enum Trigger {
    /// Words of this length that contain a digit and start as given (a word is a run of ASCII letters and digits; all
    /// lengths from 64 on count as 64).
    Word(RangeInclusive<usize>, Head),
    /// Every occurrence of one of these, in either case.
    Literals(&'static [&'static str]),
    /// Every occurrence of one of the recogniser's labels as a whole word, in either case.
    Labels,
}

/// What a word starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    Digit,
    Letter,
    Any,
}

/// A recogniser: its identity, its trigger, and the function that reads there.
pub(crate) struct Recogniser {
    /// Stable name, for explanations.
    pub(crate) id: &'static str,
    pub(crate) kind: DataType,
    pub(crate) trigger: Trigger,
    /// Words that announce a value of this type, in English (lower case) and Chinese.
    pub(crate) labels: &'static [&'static str],
    /// Reads at a trigger. It may examine a bounded piece of text on both sides, or a single run of characters if no
    /// other trigger reads the same run again: the whole scan must stay linear.
    pub(crate) find: fn(&Text<'_>, Range<usize>) -> Option<Found>,
}

impl Recogniser {
    pub(crate) fn read(&self, text: &Text<'_>, place: Range<usize>) -> Option<Candidate> {
        (self.find)(text, place).map(|found| Candidate {
            span: found.span,
            kind: self.kind,
            strength: found.strength,
            score: found.score,
            recogniser: self.id,
        })
    }
}

/// The result of a recogniser.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// Bytes of the normalised text, on character boundaries.
    pub(crate) span: Range<usize>,
    pub(crate) strength: Strength,
    /// 0 to 1.
    pub(crate) score: f32,
}

impl Found {
    /// A check digit or a closed list confirms it.
    pub(crate) fn validated(span: Range<usize>, score: f32) -> Self {
        Self { span, strength: Strength::Validated, score }
    }

    /// The format matches, and a label names it.
    pub(crate) fn labelled(span: Range<usize>, score: f32) -> Self {
        Self { span, strength: Strength::Context, score }
    }

    /// Only the format matches.
    pub(crate) fn shape(span: Range<usize>, score: f32) -> Self {
        Self { span, strength: Strength::Shape, score }
    }
}

#[cfg(test)]
mod testing {
    use std::sync::LazyLock;

    use ombud_core::DataType;

    use crate::Detector;

    /// The values of one type that the complete detector finds.
    pub(super) fn values(kind: DataType, text: &str) -> Vec<String> {
        static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::default);
        let found = DETECTOR.detect(text);
        found.into_iter().filter(|d| d.kind == kind).map(|d| text[d.span].to_owned()).collect()
    }

    /// Like [`check`], for addresses and without the trained model, which has its own opinion on places.
    pub(super) fn check_addresses(marked: &[&str]) {
        static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::without_model);
        for text in marked {
            let (plain, expected) = unmark(text);
            let found = DETECTOR.detect(&plain);
            let places = found.into_iter().filter(|d| d.kind == DataType::Location);
            assert_eq!(places.map(|d| &plain[d.span]).collect::<Vec<_>>(), expected, "in {plain:?}");
        }
    }

    /// The text without markers, and the marked parts.
    fn unmark(text: &str) -> (String, Vec<&str>) {
        let expected = text.split("[[").skip(1).filter_map(|rest| rest.split("]]").next()).collect();
        (text.replace("[[", "").replace("]]", ""), expected)
    }

    /// Checks that each text contains exactly the value between `[[` and `]]`, or nothing if there are no markers.
    pub(super) fn check(kind: DataType, marked: &[&str]) {
        for text in marked {
            let (plain, expected) = unmark(text);
            assert_eq!(values(kind, &plain), expected, "in {plain:?}");
        }
    }
}
