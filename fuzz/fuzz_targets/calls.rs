//! Any request with any arguments: deciding on a call never panics, and a withheld call always has a text for the user.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ombud_core::Lang;
use ombud_core::gate::{Gate, ToolPolicy};
use ombud_detect::mask::Minted;
use ombud_gateway::attribute::Attributor;
use ombud_gateway::calls::Judge;
use ombud_gateway::calls::approve::Approver;
use ombud_gateway::wire::Wire;
use ombud_gateway::wire::answer::ToolCall;

const WIRES: [Wire; 3] = [Wire::Chat, Wire::Responses, Wire::Messages];
const TOOLS: [&str; 4] = ["send_mail", "delete_file", "pay_invoice", "fetch_page"];

fuzz_target!(|input: (u8, &str, &[u8])| {
    let (kind, arguments, body) = input;
    let wire = WIRES[usize::from(kind) % WIRES.len()];
    let call = ToolCall {
        tool: TOOLS[usize::from(kind) / WIRES.len() % TOOLS.len()].to_owned(),
        arguments: arguments.to_owned(),
        written: arguments.to_owned(),
        complete: true,
        ..ToolCall::default()
    };
    let policy = ToolPolicy { mode: Some(Gate::Ask), ..ToolPolicy::default() };
    let judge =
        Judge::alone(Some((wire, Bytes::copy_from_slice(body))), "client", Approver::new(&[7; 32], 0));
    let judged = judge.judge(&Attributor::default(), &policy, &Minted::default(), &call, Lang::En);
    assert_eq!(judged.decision.releases(), judged.text.is_none(), "what is withheld is explained");
});
