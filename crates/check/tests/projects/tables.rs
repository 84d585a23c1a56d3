//! Rows kept through classes and objects: whatever the mapper, a table of messages is a memory.

use crate::project::{checked, lines, of_rule};

const WRITE: &str = "memory-write-without-consent";
const READ: &str = "retrieval-without-consent";
const PLAIN: &str = "plaintext-chat-store";

fn has(found: &[String], rule: &str) -> bool {
    found.iter().any(|line| line.starts_with(rule))
}

/// A Telegram bot that keeps what was said, with these lines for its table, and for storing and reading.
fn bot(table: &str, keep: &str, recall: &str) -> Vec<String> {
    let text = format!(
        "import telebot\nfrom openai import OpenAI\n{table}\nbot = telebot.TeleBot('x')\nai = OpenAI()\n@bot.message_handler(content_types=['text'])\ndef on(m):\n    who = str(m.from_user.id)\n    {keep}\n    past = {recall}\n    ai.chat.completions.create(model='gpt-5', messages=[{{'role': x.role, 'content': x.content}} for x in past])\n"
    );
    lines(&checked(&[("bot.py", &text)]))
}

const PEEWEE: &str = "from peewee import SqliteDatabase, Model, CharField\ndb = SqliteDatabase('x.db')\nclass Base(Model):\n    class Meta:\n        database = db\nclass Message(Base):\n    who = CharField()\n    role = CharField()\n    content = CharField()";
const SQLALCHEMY: &str = "from sqlalchemy import Column, Text, create_engine, select\nfrom sqlalchemy.orm import declarative_base, sessionmaker\nBase = declarative_base()\nengine = create_engine('sqlite:///x.db')\nSession = sessionmaker(bind=engine)\ndb = Session()\nclass Message(Base):\n    user_id = Column(Text)\n    role = Column(Text)\n    content = Column(Text)";

#[test]
fn every_mapper_keeps_rows() {
    let mappers = [
        (
            PEEWEE,
            "Message.create(who=who, role='user', content=m.text)",
            "Message.select().where(Message.who == who)",
        ),
        (PEEWEE, "Message(who=who, role='user', content=m.text).save()", "Message.select()"),
        (
            SQLALCHEMY,
            "db.add(Message(user_id=who, role='user', content=m.text))",
            "db.query(Message).filter(Message.user_id == who).all()",
        ),
        (
            SQLALCHEMY,
            "db.add(Message(user_id=who, role='user', content=m.text))",
            "db.scalars(select(Message).where(Message.user_id == who)).all()",
        ),
    ];
    for (table, keep, recall) in mappers {
        let found = bot(table, keep, recall);
        for rule in [WRITE, READ, PLAIN] {
            assert!(has(&found, rule), "{rule} {keep} {recall} {found:?}");
        }
        // A table of something else, and a class that is not a table.
        let other = |text: &str| text.replace("Message", "Price").replace("role", "kind");
        let (priced, put, taken) = (other(table), other(keep), other(recall));
        let other = bot(&priced, &put, &taken);
        let plain = bot(&table.replace("class Message(Base)", "class Message"), keep, recall);
        for found in [other, plain] {
            assert!(!has(&found, WRITE) && !has(&found, READ) && !has(&found, PLAIN), "{keep} {found:?}");
        }
    }
}

#[test]
fn a_small_database_in_a_file_is_one_too() {
    let store = |name: &str| {
        let table = format!("from tinydb import TinyDB\ndb = TinyDB('{name}.json')");
        bot(&table, "db.insert({'who': who, 'role': 'user', 'content': m.text})", "db.all()")
    };
    let found = store("history");
    for rule in [WRITE, PLAIN, READ] {
        assert!(has(&found, rule), "{rule} {found:?}");
    }
    assert!(!has(&store("prices"), WRITE));
}

#[test]
fn a_database_elsewhere_may_be_encrypted() {
    let there = SQLALCHEMY.replace("sqlite:///x.db", "postgresql://db/x");
    let keep = "db.add(Message(user_id=who, role='user', content=m.text))";
    let found = bot(&there, keep, "db.query(Message).all()");
    assert!(has(&found, WRITE) && !has(&found, PLAIN), "{found:?}");
}

#[test]
fn what_is_deleted_through_objects_can_be_forgotten() {
    let keep = "Message.create(who=who, role='user', content=m.text)";
    let kept = bot(PEEWEE, keep, "Message.select()");
    assert!(has(&kept, "no-erase-path"), "{kept:?}");
    let erased = bot(PEEWEE, keep, "Message.delete().where(Message.who == who).execute()");
    assert!(!has(&erased, "no-erase-path"), "{erased:?}");
}

#[test]
fn whose_rows_are_asked_for_is_compared() {
    let server = |who: &str| {
        let text = format!(
            "from flask import Flask, request, session\nfrom sqlalchemy import Column, Text\nfrom sqlalchemy.orm import declarative_base, Session\nBase = declarative_base()\nclass Note(Base):\n    user_id = Column(Text)\napp = Flask(__name__)\n@app.get('/notes')\ndef notes():\n    db = Session()\n    return db.query(Note).filter(Note.user_id == {who}).all()\n"
        );
        lines(&checked(&[("app.py", &text)]))
    };
    assert!(has(&server("request.args['user']"), "identity-from-body"));
    assert!(!has(&server("session['user']"), "identity-from-body"));
}

/// An Express server that keeps what was said.
fn server(before: &str, keep: &str, recall: &str) -> Vec<String> {
    let text = format!(
        "import express from 'express';\nimport OpenAI from 'openai';\n{before}\nconst ai = new OpenAI();\nconst app = express();\napp.post('/chat', async (req, res) => {{\n  const {{ userId, text }} = req.body;\n  {keep};\n  const past = {recall};\n  res.json(await ai.chat.completions.create({{ model: 'gpt-5', messages: past.map((p) => ({{ role: p.role, content: p.content }})) }}));\n}});\n"
    );
    lines(&checked(&[("server.js", &text)]))
}

#[test]
fn so_do_those_of_scripts() {
    let mongoose = "import mongoose from 'mongoose';\nconst Message = mongoose.model('Message', new mongoose.Schema({ content: String }));";
    let sequelize = "import { Sequelize, DataTypes } from 'sequelize';\nconst db = new Sequelize('postgres://db');\nconst Message = db.define('Message', { content: DataTypes.TEXT });";
    let drizzle = "import { drizzle } from 'drizzle-orm/node-postgres';\nimport { pgTable, text } from 'drizzle-orm/pg-core';\nconst messages = pgTable('messages', { content: text('content') });\nconst db = drizzle('x');";
    let mysql = "import mysql from 'mysql2/promise';\nconst db = mysql.createPool('x');";
    let cases = [
        (mongoose, "await new Message({ userId, content: text }).save()", "await Message.find({ userId })"),
        (
            sequelize,
            "await Message.create({ userId, content: text })",
            "await Message.findAll({ where: { userId } })",
        ),
        (
            drizzle,
            "await db.insert(messages).values({ userId, content: text })",
            "await db.select().from(messages)",
        ),
        (
            mysql,
            "await db.query('INSERT INTO messages (user_id, content) VALUES (?, ?)', [userId, text])",
            "await db.query('SELECT role, content FROM messages WHERE user_id = ?', [userId])",
        ),
    ];
    for (before, keep, recall) in cases {
        let found = server(before, keep, recall);
        assert!(has(&found, WRITE) && has(&found, READ), "{keep} {found:?}");
        let other = |text: &str| {
            text.replace("messages", "prices")
                .replace("Message", "Price")
                .replace("role, content", "kind, content")
        };
        let found = server(&other(before), &other(keep), &other(recall).replace("prices:", "messages:"));
        assert!(!has(&found, WRITE) && !has(&found, READ), "{keep} {found:?}");
    }
}

#[test]
fn columns_for_two_sides_make_a_memory_whatever_it_is_called() {
    let keep = "Turn.create(who=who, role='user', content=m.text)";
    let turns = PEEWEE.replace("Message", "Turn");
    assert!(has(&bot(&turns, keep, "Turn.select()"), WRITE));
    let counted = turns.replace("content = CharField()", "amount = CharField()");
    assert!(!has(&bot(&counted, keep, "Turn.select()"), WRITE));
    // A table with such a name that holds no text.
    let empty = PEEWEE.replace("content = ", "amount = ").replace("Message", "Conversation");
    assert!(!has(&bot(&empty, "Conversation.create(who=m.text)", "Conversation.select()"), WRITE));
}

#[test]
fn the_number_of_a_row_is_what_its_sender_wrote() {
    let rule = "identity-from-body";
    let route = |does: &str, guard: &str| {
        format!(
            "from fastapi import FastAPI, Depends\nfrom fastapi.security import OAuth2PasswordBearer\nfrom sqlalchemy.orm import Session, DeclarativeBase, mapped_column\nclass Base(DeclarativeBase):\n    pass\nclass Conversation(Base):\n    id = mapped_column()\n    title = mapped_column()\nclass Product(Base):\n    id = mapped_column()\ndef database() -> Session: ...\nbearer = OAuth2PasswordBearer('x')\napp = FastAPI()\n@app.get('/{{number}}')\ndef one(number: int, db: Session = Depends(database){guard}):\n    return db.{does}\n"
        )
    };
    for does in ["get(Conversation, number)", "query(Conversation).filter(Conversation.id == number).first()"]
    {
        assert_eq!(of_rule(rule, &route(does, "")), ["identity-from-body@16"], "{does}");
        assert!(of_rule(rule, &route(does, ", token: str = Depends(bearer)")).is_empty(), "{does}");
    }
    assert!(of_rule(rule, &route("get(Product, number)", "")).is_empty());
    assert!(of_rule(rule, &route("query(Conversation).order_by(Conversation.id == number)", "")).is_empty());
}

#[test]
fn the_number_of_a_row_in_a_statement_or_a_mapper() {
    let rule = "identity-from-body";
    let route = |does: &str| {
        let text = format!(
            "import express from 'express';\nimport Database from 'better-sqlite3';\nimport {{ PrismaClient }} from '@prisma/client';\nconst db = new Database('x.db');\nconst prisma = new PrismaClient();\nexpress().get('/:id', async (req, res) => {{\n  res.json(await {does});\n}});\n"
        );
        lines(&checked(&[("server.js", text.as_str())])).iter().any(|line| line.starts_with(rule))
    };
    assert!(route("db.prepare('SELECT * FROM messages WHERE conversation_id = ?').all(req.params.id)"));
    assert!(route("prisma.message.findMany({ where: { conversationId: req.params.id } })"));
    assert!(route("prisma.conversation.delete({ where: { id: req.params.id } })"));
    assert!(!route("db.prepare('SELECT * FROM products WHERE id = ?').all(req.params.id)"));
    assert!(!route("prisma.product.findMany({ where: { id: req.params.id } })"));
    // A session id is long and random.
    assert!(!route("db.prepare('SELECT * FROM messages WHERE session_id = ?').all(req.params.id)"));
}

#[test]
fn what_is_bound_to_a_statement_before_it_runs() {
    let text = "import { Hono } from 'hono';\nconst app = new Hono();\napp.post('/chat', async (c) => {\n  const { userId, message } = await c.req.json();\n  const past = await c.env.DB.prepare('SELECT role, content FROM messages WHERE user_id = ?').bind(userId).all();\n  const answer = await c.env.AI.run('m', { messages: [...past.results, { role: 'user', content: message }] });\n  await c.env.DB.prepare('INSERT INTO messages (user_id, content) VALUES (?, ?)').bind(userId, message).run();\n  return c.json(answer);\n});\nexport default app;\n";
    let found = lines(&checked(&[("index.ts", text)]));
    let has = |line: &str| found.iter().any(|one| one == line);
    assert!(
        has("memory-write-without-consent@index.ts:7") && has("plaintext-chat-store@index.ts:7"),
        "{found:?}"
    );
    assert!(has("retrieval-without-consent@index.ts:5") && has("identity-from-body@index.ts:5"), "{found:?}");
    assert!(has("personal-data-unmasked@index.ts:6"), "{found:?}");
    let prices = text
        .replace("messages WHERE", "prices WHERE")
        .replace("INTO messages", "INTO prices")
        .replace("role, content", "name, price")
        .replace("user_id, content", "user_id, price");
    let found = lines(&checked(&[("index.ts", prices.as_str())]));
    assert!(!found.iter().any(|line| line.contains("without-consent")), "{found:?}");
}

#[test]
fn what_people_asked_is_kept_word_for_word() {
    let text = |table: &str, columns: &str| {
        format!(
            "import sqlite3, telebot\nbot = telebot.TeleBot('x')\ndb = sqlite3.connect('x')\n@bot.message_handler()\ndef on(m):\n    db.execute('INSERT INTO {table} ({columns}) VALUES (?, ?)', (m.text, m.date))\n"
        )
    };
    assert_eq!(of_rule(WRITE, &text("query_log", "query, at")), ["memory-write-without-consent@6"]);
    assert!(of_rule(WRITE, &text("query_log", "duration, at")).is_empty());
    assert!(of_rule(WRITE, &text("quiz_questions", "question, options")).is_empty());
}

#[test]
fn a_package_gives_away_everything() {
    let text = |first: &str| {
        format!(
            "{first}\nimport telebot\nbot = telebot.TeleBot('x')\nclass Message(Model):\n    content = TextField()\n@bot.message_handler()\ndef on(m):\n    Message.create(content=m.text)\n"
        )
    };
    assert_eq!(of_rule(WRITE, &text("from peewee import *")), ["memory-write-without-consent@8"]);
    assert!(of_rule(WRITE, &text("from wtforms import *")).is_empty());
    assert!(of_rule(WRITE, &text("from peewee import *\nfrom wtforms import *")).is_empty());
}

#[test]
fn what_a_table_is_its_last_word_says() {
    let text = |table: &str, column: &str, does: &str| {
        format!(
            "import telebot\nfrom peewee import Model, TextField\nbot = telebot.TeleBot('x')\nclass {table}(Model):\n    who = TextField()\n    {column} = TextField()\n@bot.message_handler()\ndef on(m):\n    {table}.{does}\n"
        )
    };
    let create = "create(who=m.from_user.id, content=m.text)";
    assert_eq!(of_rule(WRITE, &text("GroupMessage", "content", create)), ["memory-write-without-consent@9"]);
    assert!(of_rule(WRITE, &text("MessageGroup", "content", create)).is_empty());
    let profile = "create(who=m.from_user.id, summary=m.text)";
    assert_eq!(of_rule(WRITE, &text("Profile", "summary", profile)), ["memory-write-without-consent@9"]);
    assert!(of_rule(WRITE, &text("Profile", "avatar", "create(avatar=m.text)")).is_empty());
    let sought = "get_or_create(who=m.from_user.id)";
    assert!(of_rule(WRITE, &text("Profile", "summary", sought)).is_empty());
}

#[test]
fn all_rows_are_everybodys() {
    let rule = "memory-shared-by-all";
    let python = |asks: &str| {
        format!(
            "from flask import Flask, request\nfrom flask_sqlalchemy import SQLAlchemy\nfrom openai import OpenAI\napp = Flask(__name__)\ndb = SQLAlchemy(app)\nclass Memory(db.Model):\n    id = db.Column(db.Integer)\n    content = db.Column(db.Text)\n@app.post('/')\ndef chat():\n    known = {asks}.all()\n    db.session.add(Memory(content=request.json['text']))\n    return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': str(known)}}])\n"
        )
    };
    assert_eq!(
        of_rule(rule, &python("Memory.query.order_by(Memory.id.desc()).limit(9)")),
        ["memory-shared-by-all@11"]
    );
    assert!(of_rule(rule, &python("Memory.query.filter_by(who=session['user']).limit(9)")).is_empty());
    let script = |asks: &str| {
        format!(
            "import {{ PrismaClient }} from '@prisma/client';\nimport {{ createClient }} from '@supabase/supabase-js';\nimport express from 'express';\nimport OpenAI from 'openai';\nconst prisma = new PrismaClient();\nconst sb = createClient('x', 'y');\nexpress().post('/', async (req, res) => {{\n  const past = await {asks};\n  await prisma.message.create({{ data: {{ content: req.body.text }} }});\n  await sb.from('messages').insert({{ content: req.body.text }});\n  res.json(await new OpenAI().chat.completions.create({{ model: 'm', messages: [{{ role: 'user', content: JSON.stringify(past) }}] }}));\n}});\n"
        )
    };
    let found = |asks: &str| {
        let text = script(asks);
        lines(&checked(&[("server.js", text.as_str())]))
            .contains(&"memory-shared-by-all@server.js:8".to_owned())
    };
    assert!(found("prisma.message.findMany({ orderBy: { id: 'desc' }, take: 20 })"));
    assert!(!found("prisma.message.findMany({ where: { room: req.session.room } })"));
    assert!(found("sb.from('messages').select('content').limit(20)"));
    assert!(!found("sb.from('messages').select('content').eq('user', req.session.user)"));
}
