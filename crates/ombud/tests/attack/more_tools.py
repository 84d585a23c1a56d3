"""The sample assistant with two tools more."""

import sys

sys.path.insert(0, ".")
import agent  # noqa: E402

agent.TOOLS += [
    agent.tool("delete_file", "Delete one of the user's files.", name="Name of the file"),
    agent.tool("pay", "Pay a sum.", account="Account", amount="Sum"),
]
agent.ACTIONS["delete_file"] = lambda name: agent.http("DELETE", agent.WORLD + "/files/" + name)
agent.ACTIONS["pay"] = lambda account, amount: "paid"
agent.main()
