//! Paths of files that somebody else chooses, and what keeps them in their folder.

use crate::project::{checked, lines, of_rule};

/// The number of findings in a route with the body.
fn route(parameters: &str, body: &str) -> usize {
    let text = format!(
        "import os, shutil\nfrom fastapi import FastAPI, HTTPException\napp = FastAPI()\nKINDS = {{'a', 'b'}}\nPLACES = {{'c'}}\n@app.post('/x')\ndef x({parameters}):\n{body}\n"
    );
    of_rule("untrusted-to-exec", &text).len()
}

#[test]
fn only_what_follows_the_last_folder_stays_in_one() {
    for (part, found) in [
        ("name.split('/')[-1]", 0),
        ("name.rsplit('/', 1)[-1]", 0),
        ("name.rpartition('/')[2]", 0),
        ("name.rpartition('/')[-1]", 0),
        ("name.split('/').pop()", 0),
        ("name.split('/').pop(-1)", 0),
        ("name.rpartition('/')[0]", 1),
        ("name.rsplit('/', 1)[0]", 1),
        ("name.rsplit('/', 1)[-2]", 1),
        ("name.split('/')[-2]", 1),
        ("name.rsplit('/', 1).pop(0)", 1),
    ] {
        assert_eq!(
            route("name: str", &format!("    return open('files/' + {part}).read()")),
            found,
            "{part}"
        );
    }
}

#[test]
fn of_two_tests_one_of_which_failed_nobody_knows_which() {
    let guarded = |test: &str| {
        let body = format!(
            "    if {test}:\n        raise HTTPException(400)\n    return open('files/' + kind).read()"
        );
        route("kind: str, place: str, strict: bool, allowed: set = KINDS", &body)
    };
    for test in [
        "kind not in KINDS and place not in PLACES",
        "strict and kind not in KINDS",
        "not (kind in KINDS or place in PLACES)",
    ] {
        assert_eq!(guarded(test), 1, "{test}");
    }
    for test in [
        "kind not in KINDS or place not in PLACES",
        "kind and kind not in KINDS",
        "kind is not None and kind not in KINDS",
        "kind != '' and kind not in KINDS",
        "len(kind) > 0 and kind not in KINDS",
        "isinstance(kind, str) and kind not in KINDS",
        "kind not in KINDS and kind not in PLACES",
        "allowed and kind not in allowed",
    ] {
        assert_eq!(guarded(test), 0, "{test}");
    }
    let inside = |test: &str| {
        let body = format!(
            "    if {test}:\n        return open('files/' + kind).read()\n    raise HTTPException(400)"
        );
        route("kind: str, place: str", &body)
    };
    assert_eq!(inside("kind in KINDS or place in PLACES"), 1);
    assert_eq!(inside("kind in KINDS or kind in PLACES"), 0);
    assert_eq!(inside("not kind or kind in KINDS"), 0);
}

#[test]
fn a_file_that_is_moved_or_copied_is_chosen_too() {
    for (call, found) in [
        ("os.rename('in/' + name, 'out/x')", 1),
        ("os.replace('in/x', 'out/' + name)", 1),
        ("shutil.move('in/' + name, 'out/x')", 1),
        ("shutil.copy('in/' + name, 'static/x')", 1),
        ("shutil.copytree('in/' + name, 'static/x')", 1),
        ("shutil.move('in/' + name, 'out/' + os.path.basename(name))", 1),
        ("shutil.move('in/' + os.path.basename(name), 'out/x')", 0),
        ("shutil.copy('in/x', 'static/x')", 0),
    ] {
        assert_eq!(route("name: str", &format!("    {call}")), found, "{call}");
    }
    let server = |call: &str| {
        let text = format!(
            "import express from 'express';\nimport fs from 'fs';\nconst app = express();\napp.post('/x', (req, res) => {{\n  fs.{call};\n  res.end();\n}});\napp.listen(3000);\n"
        );
        let found = lines(&checked(&[("server.ts", &text)]));
        found.iter().filter(|one| one.starts_with("untrusted-to-exec")).count()
    };
    assert_eq!(server("renameSync('in/' + req.body.name, 'out/x')"), 1);
    assert_eq!(server("copyFileSync('in/' + req.body.name, 'public/x')"), 1);
    assert_eq!(server("copyFileSync('in/x', 'public/x')"), 0);
}

#[test]
fn a_quote_that_is_escaped_once_or_with_a_backslash_alone_still_ends_the_text() {
    let server = |clean: &str, line: &str| {
        let text = format!(
            "import express from 'express';\nimport neo4j from 'neo4j-driver';\nimport {{ exec }} from 'child_process';\nconst graph = neo4j.driver('bolt://localhost').session();\nconst app = express();\napp.get('/x', async (req, res) => {{\n  const said = await (await fetch('https://pages.example/x')).text();\n  const text = said.{clean};\n  {line};\n  res.end();\n}});\napp.listen(3000);\n"
        );
        let found = lines(&checked(&[("server.ts", &text)]));
        found.iter().filter(|one| one.starts_with("untrusted-to-exec@server.ts:9")).count()
    };
    for (clean, found) in [
        (r#"replace(/'/, "''")"#, 1),
        (r#"replace(/"/g, '\\"')"#, 1),
        (r#"replace(/'/g, "\\'")"#, 1),
        (r#"replace(/'/g, "'\\''")"#, 0),
        ("replace(/[^a-z]/g, '')", 0),
        ("replace(/[^a-z]/, '')", 1),
        ("replace(new RegExp('[^a-z]', 'g'), '')", 0),
    ] {
        assert_eq!(server(clean, "exec(`say '${text}'`)"), found, "{clean}");
    }
    // In a statement, that is enough if the backslashes of the text itself were doubled before.
    let query = "await graph.run(`MATCH (n {name: '${text}'}) RETURN n`)";
    assert_eq!(server(r#"replace(/'/g, "\\'")"#, query), 1);
    assert_eq!(server(r#"replace(/\\/g, '\\\\').replace(/'/g, "\\'")"#, query), 0);
}

#[test]
fn whoever_sends_a_file_to_a_bot_has_named_it() {
    let rule = "untrusted-to-exec";
    let telegram = |download: &str| {
        let text = format!(
            "import os, urllib.request\nfrom telegram.ext import Application, MessageHandler, filters\nasync def keep(update, context):\n    document = update.message.document\n    file = await document.get_file()\n    {download}\napp = Application.builder().token('x').build()\napp.add_handler(MessageHandler(filters.Document.ALL, keep))\napp.run_polling()\n"
        );
        of_rule(rule, &text).len()
    };
    for (download, found) in [
        ("await file.download_to_drive(f'in/{document.file_name}')", 1),
        ("await file.download_to_drive(custom_path=os.path.join('in', document.file_name))", 1),
        ("urllib.request.urlretrieve(file.file_path, 'in/' + document.file_name)", 1),
        ("open('in/' + document.file_name, 'wb')", 1),
        ("await file.download_to_drive(f'in/{document.file_id}.pdf')", 0),
        ("await file.download_to_drive('in/' + os.path.basename(document.file_name))", 0),
        ("await file.download_to_drive()", 0),
    ] {
        assert_eq!(telegram(download), found, "{download}");
    }
    let aiogram = |download: &str| {
        let text = format!(
            "import os\nfrom aiogram import Bot, Dispatcher, F, types\ndp = Dispatcher()\nclass Desk:\n    def __init__(self, bot):\n        self.bot = bot\n        dp.message.register(self.keep, F.document)\n    async def keep(self, message: types.Message):\n        document = message.document\n        {download}\nDesk(Bot('x'))\n"
        );
        of_rule(rule, &text).len()
    };
    for (download, found) in [
        ("await self.bot.download(document, destination=f'in/{document.file_name}')", 1),
        ("await self.bot.download_file('documents/x', f'in/{document.file_name}')", 1),
        ("await self.bot.download(document, destination=f'in/{document.file_id}')", 0),
        ("await self.bot.download(document, f'in/{document.file_name}'.replace('/', ''))", 0),
    ] {
        assert_eq!(aiogram(download), found, "{download}");
    }
    let discord = "import discord\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        for file in message.attachments:\n            await file.save(f'in/{file.filename}')\nBot().run('x')\n";
    assert_eq!(of_rule(rule, discord).len(), 1);
    assert!(of_rule(rule, &discord.replace("file.filename", "file.id")).is_empty());
}
