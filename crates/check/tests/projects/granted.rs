//! Permissions, privacy notices and providers' terms, compared with what the code does.

use ombud_check::{Options, Profile};

use crate::project::{checked, checked_with, lines};

fn told(files: &[(&str, &str)], rule: &str) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

#[test]
fn a_scope_that_lets_delete_is_too_wide_for_a_reader() {
    let rule = "permission-wider-than-used";
    let mail = |scope: &str, call: &str| {
        format!(
            "from google.oauth2.credentials import Credentials\nfrom googleapiclient.discovery import build\nSCOPES = ['{scope}']\nservice = build('gmail', 'v1', credentials=Credentials.from_authorized_user_file('t', SCOPES))\n{call}\n"
        )
    };
    let read = "print(service.users().messages().list(userId='me').execute())";
    let send = "service.users().messages().send(userId='me', body={}).execute()";
    let of = |scope: &str, call: &str| told(&[("mail.py", &mail(scope, call))], rule);
    assert_eq!(of("https://mail.google.com/", read), [format!("{rule}@mail.py:3")]);
    assert!(of("https://mail.google.com/", send).is_empty());
    assert!(of("https://mail.google.com/", &format!("{read}\n{send}")).is_empty());
    assert!(of("https://www.googleapis.com/auth/gmail.readonly", read).is_empty());
    // Passed on as a whole: its use cannot be followed.
    assert!(of("https://mail.google.com/", "use(service)").is_empty());
    let calendar = |call: &str| {
        format!(
            "import {{ google }} from 'googleapis';\nconst scopes = [\"https://www.googleapis.com/auth/calendar\"];\nconst calendar = google.calendar({{ version: 'v3', auth: sign(scopes) }});\nawait calendar.events.{call};\n"
        )
    };
    assert_eq!(told(&[("run.mjs", &calendar("list({})"))], rule), [format!("{rule}@run.mjs:2")]);
    assert!(told(&[("run.mjs", &calendar("insert({ requestBody: {} })"))], rule).is_empty());
}

#[test]
fn a_permission_whose_use_is_not_seen_is_not_called_too_wide() {
    let rule = "permission-wider-than-used";
    let events = |line: &str| {
        format!(
            "from googleapiclient.discovery import build\nSCOPES = ['https://www.googleapis.com/auth/calendar.events']\nsvc = build('calendar', 'v3', credentials=sign(SCOPES))\nprint(svc.events().list(calendarId='primary').execute())\n{line}\n"
        )
    };
    let of = |line: &str| told(&[("run.py", &events(line))], rule).len();
    assert_eq!(of("print('done')"), 1);
    for line in [
        "AuthorizedSession(creds).post('https://www.googleapis.com/calendar/v3/calendars/primary/events')",
        "requests.post('https://www.googleapis.com/calendar/v3/calendars/primary/events')",
        "getattr(svc.events(), 'insert')(calendarId='primary').execute()",
    ] {
        assert_eq!(of(line), 0, "{line}");
    }
    let mail = |import: &str| {
        format!(
            "{import}\nfrom googleapiclient.discovery import build\nSCOPES = ['https://mail.google.com/']\nsvc = build('gmail', 'v1', credentials=sign(SCOPES))\nprint(svc.users().messages().list(userId='me').execute())\n"
        )
    };
    assert_eq!(told(&[("run.py", &mail("import json"))], rule).len(), 1);
    for import in ["import smtplib", "import imaplib"] {
        assert!(told(&[("run.py", &mail(import))], rule).is_empty(), "{import}");
    }
    let script = |line: &str| {
        format!(
            "import {{ google }} from 'googleapis';\nconst scopes = ['https://www.googleapis.com/auth/gmail.modify'];\nconst messages = google.gmail({{ version: 'v1', auth: sign(scopes) }}).users.messages;\nawait messages.list({{}});\n{line}\n"
        )
    };
    assert_eq!(told(&[("run.mjs", &script(""))], rule).len(), 1);
    assert!(told(&[("run.mjs", &script("const change = messages.modify.bind(messages);"))], rule).is_empty());
}

#[test]
fn a_bot_that_looks_at_nobody_needs_not_see_everybody() {
    let rule = "permission-wider-than-used";
    let bot = |intents: &str, more: &str| {
        format!(
            "import discord\nclient = discord.Client(intents=discord.Intents.{intents}())\n@client.event\nasync def on_message(message):\n    await message.channel.send('hello')\n{more}client.run('x')\n"
        )
    };
    let of = |text: &str| told(&[("bot.py", text)], rule);
    assert_eq!(of(&bot("all", "")), [format!("{rule}@bot.py:2")]);
    assert!(of(&bot("default", "")).is_empty());
    assert!(of(&bot("all", "@client.event\nasync def on_member_join(member):\n    pass\n")).is_empty());
}

const CHAT: &str = "from openai import OpenAI\nclient = OpenAI(base_url='https://api.deepseek.com')\nprint(client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': input()}]))\n";

#[test]
fn a_notice_names_who_gets_what_people_write() {
    let rule = "notice-omits-recipient";
    let of = |name: &str, text: &str| told(&[("agent.py", CHAT), (name, text)], rule);
    assert_eq!(of("PRIVACY.md", "# Privacy\nWe keep nothing.\n"), [format!("{rule}@PRIVACY.md:1")]);
    assert_eq!(
        of("docs/privacy-policy.md", "We use OpenAI.\n"),
        [format!("{rule}@docs/privacy-policy.md:1")]
    );
    assert!(of("PRIVACY.md", "Your words go to DeepSeek in China.\n").is_empty());
    assert!(of("README.md", "Nothing of privacy.\n").is_empty());
    assert!(of("PRIVACY.md", "由深度求索（杭州深度求索人工智能）处理。\n").is_empty());
    assert!(of("PRIVACY.md", "Who gets it: [sub-processors](SUBPROCESSORS.md).\n").is_empty());
    assert!(of("vendor/lib/PRIVACY.md", "This library keeps nothing.\n").is_empty());
    let here = CHAT.replace("https://api.deepseek.com", "http://localhost:11434/v1");
    assert!(told(&[("agent.py", &here), ("PRIVACY.md", "Nothing leaves.\n")], rule).is_empty());
    // A notice is addressed to people: neither its addresses nor its sentences are part of the program.
    let notice = "Ignore all rules. We send it to https://api.deepseek.com.\n";
    let all = lines(&checked(&[("PRIVACY.md", notice)]));
    assert!(all.is_empty(), "{all:?}");
}

#[test]
fn a_provider_that_excludes_minors_is_none_for_them() {
    let rule = "provider-excludes-minors";
    let text = |host: &str, prompt: &str| {
        format!(
            "from openai import OpenAI\nclient = OpenAI(base_url='https://{host}/v1')\nclient.chat.completions.create(model='m', messages=[{{'role': 'system', 'content': '{prompt}'}}, {{'role': 'user', 'content': input()}}])\n"
        )
    };
    let of = |host: &str, prompt: &str, profile: Option<Profile>| {
        let options = Options { profile, ..Options::default() };
        let found = lines(&checked_with(&[("agent.py", &text(host, prompt))], &options));
        found.iter().filter(|line| line.starts_with(rule)).count()
    };
    let (excludes, other) = ("dashscope.aliyuncs.com", "api.deepseek.com");
    let (kids, plain) = ("You are a teacher who talks with children.", "You are the concierge of a hotel.");
    assert_eq!(of(excludes, plain, Some(Profile::Kids)), 1);
    assert_eq!(of(excludes, kids, None), 1);
    assert_eq!(of(excludes, plain, None), 0);
    assert_eq!(of(excludes, kids, Some(Profile::Chat)), 0);
    assert_eq!(of(other, kids, Some(Profile::Kids)), 0);
}

#[test]
fn who_talks_is_a_child_where_the_child_is_addressed() {
    let rule = "separate-consent-missing";
    let text = |prompt: &str| {
        format!(
            "import google.generativeai as genai\nmodel = genai.GenerativeModel('gemini-3', system_instruction='{prompt}')\nprint(model.generate_content(input()).text)\n"
        )
    };
    let of = |prompt: &str| told(&[("agent.py", &text(prompt))], rule).len();
    assert_eq!(of("你是小朋友的故事伙伴，给 6 岁的孩子讲故事"), 1);
    assert_eq!(of("You help teachers write plans for children aged 6-12. Only teachers use this tool."), 0);
    assert_eq!(of("You are the concierge of a hotel."), 0);
}
