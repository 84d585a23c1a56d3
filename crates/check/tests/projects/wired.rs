//! How the parts of a program find each other: folders without a file that stands for them, what is injected, what is kept for all,
//! settings from the environment.

use ombud_check::Report;

use crate::project::{checked, lines};

const LLM: &str = "from openai import OpenAI\nclient = OpenAI()\ndef ask(q):\n    return client.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': q}])\n";

fn has(report: &Report, rule: &str) -> bool {
    lines(report).iter().any(|line| line.starts_with(rule))
}

#[test]
fn a_folder_is_a_package_by_itself() {
    let route = |import: &str, call: &str| {
        format!(
            "from fastapi import FastAPI\n{import}\napi = FastAPI()\n@api.get('/r')\ndef r(q: str):\n    return {call}(q)\n"
        )
    };
    for (file, main, import, call) in [
        ("app/llm.py", "app/main.py", "from app import llm", "llm.ask"),
        ("services/llm.py", "main.py", "from services import llm as model", "model.ask"),
        ("app/services/llm.py", "app/main.py", "from app.services import llm", "llm.ask"),
        ("app/services/llm.py", "app/main.py", "from .services import llm", "llm.ask"),
        ("app/services/llm.py", "main.py", "import app.services.llm", "app.services.llm.ask"),
    ] {
        let report = checked(&[(file, LLM), (main, &route(import, call))]);
        assert!(has(&report, "endpoint-without-authentication"), "{import}: {:?}", lines(&report));
    }
    // A package from elsewhere stays one.
    let other =
        checked(&[("other/llm.py", LLM), ("main.py", &route("from elsewhere import llm", "llm.ask"))]);
    assert!(!has(&other, "endpoint-without-authentication"));
}

#[test]
fn what_is_injected_has_a_type() {
    let app = |parameter: &str| {
        format!(
            "from typing import Annotated\nfrom fastapi import FastAPI, Depends\nfrom openai import OpenAI\nclass Svc:\n    def __init__(self):\n        self.llm = OpenAI()\n    def ask(self, q):\n        return self.llm.chat.completions.create(model='gpt-4o', messages=[{{'role': 'user', 'content': q}}])\ndef get_svc():\n    return Svc()\nSvcDep = Annotated[Svc, Depends(Svc)]\napp = FastAPI()\n@app.post('/c')\ndef chat(q: str, svc: {parameter}):\n    return svc.ask(q)\n"
        )
    };
    for parameter in
        ["Annotated[Svc, Depends(get_svc)]", "Annotated[Svc, Depends()]", "SvcDep", "Svc = Depends(get_svc)"]
    {
        let report = checked(&[("main.py", &app(parameter))]);
        assert!(has(&report, "endpoint-without-authentication"), "{parameter}: {:?}", lines(&report));
    }
}

#[test]
fn a_client_that_is_kept_for_the_whole_program_is_the_one_that_is_made() {
    let route = "import { prisma } from '../../../lib/db'\nexport async function POST(req: Request) {\n  const { userId } = await req.json()\n  return Response.json(await prisma.memory.findMany({ where: { userId } }))\n}\n";
    for db in [
        "const g = globalThis as unknown as { prisma?: PrismaClient }\nexport const prisma = g.prisma ?? new PrismaClient()\nif (process.env.NODE_ENV !== 'production') g.prisma = prisma\n",
        "const g = global as any\nexport const prisma = g.prisma || new PrismaClient()\n",
    ] {
        let db = format!("import {{ PrismaClient }} from '@prisma/client'\n{db}");
        let report = checked(&[("src/lib/db.ts", &db), ("src/app/api/chat/route.ts", route)]);
        assert!(has(&report, "retrieval-without-consent"), "{:?}", lines(&report));
    }
}

#[test]
fn settings_are_variables_of_the_environment() {
    let program = |class: &str| {
        format!(
            "from openai import OpenAI\nfrom pydantic import BaseModel, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nclass S({class}\ns = S()\nc = OpenAI(base_url=s.base_url)\nprint(c.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': input()}}]))\n"
        )
    };
    let severity = |class: &str| {
        let report = checked(&[("main.py", &program(class))]);
        let found = report.findings.iter().find(|one| one.rule.0 == "personal-data-unmasked");
        found.map(|one| format!("{:?}", one.severity))
    };
    let address = "https://api.deepseek.com/v1";
    for class in [
        format!("BaseSettings):\n    base_url: str = '{address}'"),
        format!("BaseSettings):\n    base_url: str = Field('{address}', alias='LLM_URL')"),
        format!(
            "BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_')\n    base_url: str = '{address}'"
        ),
    ] {
        assert_ne!(severity(&class).as_deref(), Some("Error"), "{class}");
    }
    assert_eq!(severity(&format!("BaseModel):\n    base_url: str = '{address}'")).as_deref(), Some("Error"));
}
