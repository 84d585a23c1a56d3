import argparse
import os
import sqlite3

parser = argparse.ArgumentParser()
parser.add_argument("--order", required=True)
order = parser.parse_args().order

db = sqlite3.connect("shop.db")
price = db.execute(f"SELECT price FROM orders WHERE id = '{order}'").fetchone()
os.system(f"alipay-cli refund --order {order} --amount {price[0]}")
