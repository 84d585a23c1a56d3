//! Chat requests that no cache has seen: every paragraph of every request has its own values. The numbers and names are
//! made up; card numbers have a valid check digit, as a detector requires.

use serde_json::json;

/// The domain of all addresses; a provider that reads it has received one in the clear.
pub(super) const DOMAIN: &str = "@customers.example.com";

/// The mock provider echoes what is between these marks; it begins with the number of the request.
pub(super) const MARKS: (&str, &str) = ("[[", "]]");

/// Length of a message of the history, in paragraphs.
const PARAGRAPHS: u64 = 4;

/// Resent histories are numbered from here on: no run has that many requests.
const HISTORIES: u64 = 1_000_000_000;

/// One request.
pub(super) struct Prompt {
    /// Unique within a run.
    pub(super) number: u64,
    /// The address that the response must contain once restored.
    pub(super) email: String,
    /// The JSON body.
    pub(super) body: String,
}

/// What prompts have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Approximate size in bytes.
    pub(super) size: usize,
    /// Whether a streamed response is requested.
    pub(super) stream: bool,
    /// Number of consecutive prompts that share what identifies a conversation (its first messages).
    pub(super) turns: u64,
    /// Whether the history stays the same within a conversation too, as an agent sends it: only the last message is new.
    pub(super) resent: bool,
}

/// Builds the prompt with this number.
pub(super) fn prompt(number: u64, shape: Shape) -> Prompt {
    let Shape { size, stream, turns, resent } = shape;
    let conversation = number / turns.max(1);
    let history = if resent { HISTORIES + conversation } else { number };
    let mut messages = vec![
        json!({ "role": "system", "content": "You help the customers of a shop. Answer briefly and in their language." }),
        json!({ "role": "user", "content": format!("This is about case {conversation}.") }),
    ];
    let email = email(number, 0);
    let (open, close) = MARKS;
    let last = format!(
        "Repeat what follows. {open}{number} write to {email} or call {}, the card is {}{close}",
        phone(number, 0),
        card(number, 0),
    );
    let mut written = last.len() + 320;
    let mut paragraph = 1;
    while written + 400 < size {
        let role = if messages.len() % 2 == 0 { "assistant" } else { "user" };
        let mut text = String::new();
        for _ in 0..PARAGRAPHS {
            if written + text.len() + 400 < size {
                text.push_str(&filler(history, paragraph));
                paragraph += 1;
            }
        }
        written += text.len() + 40;
        messages.push(json!({ "role": role, "content": text }));
    }
    messages.push(json!({ "role": "user", "content": last }));
    let body = json!({ "model": "bench", "stream": stream, "messages": messages }).to_string();
    Prompt { number, email, body }
}

/// About 350 bytes of prose, alternately English and Chinese.
fn filler(number: u64, paragraph: u64) -> String {
    let (email, phone, order) =
        (email(number, paragraph), phone(number, paragraph), mix(number, paragraph) % 100_000);
    if paragraph % 2 == 1 {
        format!(
            "Order {order}: the customer says that the parcel has still not come and that nobody answers. She can be \
             reached at {email} or under {phone} in the afternoon, lives close to the station and would like to have it \
             before the weekend. Look up where the shipment is, say when it will arrive, and offer to send it again if \
             it is lost.\n"
        )
    } else {
        format!(
            "工单{order}:客户反映包裹一直没有送到,客服电话也打不通。她下午方便接电话,手机号是{phone},邮箱是{email},\
             住在车站附近,希望周末之前收到。请查询物流信息,告诉她大概什么时候能到;如果已经丢失,请提出重新发货。\n"
        )
    }
}

/// Digits that look random but are reproducible (the finaliser of `SplitMix64`).
fn mix(number: u64, salt: u64) -> u64 {
    let mut x =
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(salt.wrapping_mul(0xd1b5_4a32_d192_ed03));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn email(number: u64, salt: u64) -> String {
    format!("chen.{number}.{salt}{DOMAIN}")
}

/// A mobile number in mainland China's numbering plan.
fn phone(number: u64, salt: u64) -> String {
    format!("138{:08}", mix(number, salt) % 100_000_000)
}

/// Sixteen digits, the last of which is the check digit of ISO/IEC 7812-1.
fn card(number: u64, salt: u64) -> String {
    let digits = format!("4532{:011}", mix(number, salt) % 100_000_000_000);
    let sum: u32 = digits
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(size: usize, resent: bool) -> Shape {
        Shape { size, stream: true, turns: 8, resent }
    }

    #[test]
    fn a_history_that_is_sent_again_is_the_same_but_for_the_last_message() {
        let messages = |number| {
            let body = prompt(number, shape(16 * 1024, true)).body;
            let value: serde_json::Value = serde_json::from_str(&body).unwrap();
            value["messages"].as_array().unwrap().clone()
        };
        let (one, two, other) = (messages(8), messages(15), messages(16));
        let last = one.len() - 1;
        assert_eq!(one[..last], two[..last]);
        assert_ne!(one[last], two[last]);
        assert_ne!(one[2], other[2]);
    }

    #[test]
    fn prompts_have_the_size_that_was_asked_for_and_share_no_paragraph() {
        for size in [1024, 16 * 1024, 256 * 1024] {
            let (one, two) = (prompt(7, shape(size, false)), prompt(8, shape(size, false)));
            let length = one.body.len();
            assert!(length > size * 6 / 10 && length < size * 11 / 10, "{size}: {length}");
            assert!(one.body.contains(&one.email) && !two.body.contains(&one.email));
            let paragraphs = |prompt: &Prompt| -> Vec<String> {
                let value: serde_json::Value = serde_json::from_str(&prompt.body).unwrap();
                let messages = value["messages"].as_array().unwrap().iter().skip(2);
                messages
                    .flat_map(|m| {
                        m["content"].as_str().unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
                    })
                    .collect()
            };
            let (one, two) = (paragraphs(&one), paragraphs(&two));
            assert!(one.iter().all(|paragraph| !two.contains(paragraph)));
        }
    }

    #[test]
    fn a_conversation_lasts_so_many_turns() {
        let first = |number| {
            let value: serde_json::Value =
                serde_json::from_str(&prompt(number, shape(1024, false)).body).unwrap();
            value["messages"][1]["content"].clone()
        };
        assert_eq!(first(8), first(15));
        assert_ne!(first(15), first(16));
    }

    #[test]
    fn card_numbers_pass_their_check() {
        for n in 0..100 {
            let digits: Vec<u32> = card(n, 1).chars().rev().map(|ch| ch.to_digit(10).unwrap()).collect();
            let sum: u32 = digits
                .iter()
                .enumerate()
                .map(|(i, d)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { *d })
                .sum();
            assert_eq!((digits.len(), sum % 10), (16, 0));
        }
    }
}
