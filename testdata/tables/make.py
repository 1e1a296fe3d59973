#!/usr/bin/python3
"""Makes the tables of this folder that are made, by fixed seeds, and writes them beside itself.

Each has a file to train on and one to test on, NAME.csv and NAME_test.csv, but for the series, whose last steps are for
testing. penguins.csv is not made here: see README.md.
"""

import datetime
import gzip
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, rows, test=0, encoding="utf-8", head=1, joint=","):
    """Writes rows, the last `test` of them to a file of their own below the same `head` lines."""
    def put(name, rows):
        text = "".join(joint.join(r) + "\n" for r in rows).encode(encoding)
        path = os.path.join(HERE, name)
        if name.endswith(".gz"):
            with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as z:
                z.write(text)
        else:
            with open(path, "wb") as f:
                f.write(text)
    if test:
        base, _, end = name.partition(".")
        put(f"{base}_test.{end}", rows[:head] + rows[-test:])
        rows = rows[:-test]
    put(name, rows)


def quoted(s):
    return '"' + s.replace('"', '""') + '"' if any(c in s for c in ',"\n') else s


def passengers(n=1200, test=300):
    """Passengers of a ship in the manner of the well-known list: who survived follows sex, class and age."""
    r = np.random.default_rng(1)
    first = {"male": ["William", "John", "George", "Charles", "Karl"], "female": ["Anna", "Mary", "Elizabeth", "Margaret", "Ida"]}
    last = ["Smith", "Andersson", "Brown", "Kelly", "Olsen", "Goodwin", "Fortune", "Sage", "Carter", "Panula"]
    rows = [["PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Parch", "Ticket", "Fare", "Cabin", "Embarked"]]
    for i in range(n):
        pclass = int(r.choice([1, 2, 3], p=[0.25, 0.2, 0.55]))
        sex = "female" if r.random() < 0.38 else "male"
        age = float(np.clip(r.normal(42 - 6 * pclass, 13), 0.5, 80))
        sibsp, parch = int(r.poisson(0.5)), int(r.poisson(0.4))
        fare = float(np.exp(r.normal({1: 4.2, 2: 2.9, 3: 2.3}[pclass], 0.5))) * (1 + 0.3 * (sibsp + parch))
        score = 1.2 + 3.4 * (sex == "female") - 1.3 * (pclass - 1) - 0.04 * (age - 20) + 2.4 * (age < 10) - 0.7 * max(0, sibsp + parch - 2)
        survived = int(r.random() < 1 / (1 + np.exp(-1.8 * (score - 0.6))))
        title = ("Mr." if age > 14 else "Master.") if sex == "male" else ("Mrs." if sibsp and age > 18 else "Miss.")
        name = f"{r.choice(last)}, {title} {r.choice(first[sex])} {chr(65 + int(r.integers(26)))}. ({i})"
        cabin = f"{'ABCDE'[int(r.integers(5))]}{int(r.integers(1, 130))}" if pclass == 1 and r.random() < 0.8 else ""
        rows.append([str(i + 1), str(survived), str(pclass), quoted(name), sex, "" if r.random() < 0.2 else f"{age:.0f}" if age >= 1 else f"{age:.2f}",
                     str(sibsp), str(parch), f"{r.choice(['PC', 'A/5', 'STON'])} {int(r.integers(1000, 400000))}", f"{fare:.4f}", cabin,
                     "" if r.random() < 0.004 else str(r.choice(list("SCQ"), p=[0.7, 0.2, 0.1]))])
    write("passengers.csv", rows, test)


def houses(n=1000, test=250):
    """Prices in units of money, which a network that begins near 0 is far from."""
    r = np.random.default_rng(2)
    place = {"Harbour": 1.5, "Old Town": 1.35, "Hillside": 1.15, "Riverbank": 1.0, "Station": 0.8}
    rows = [["id", "area", "rooms", "year_built", "neighbourhood", "garage", "lot", "price"]]
    for i in range(n):
        area = float(np.clip(r.lognormal(4.75, 0.35), 35, 400))
        rooms = int(np.clip(round(area / 28 + r.normal(0, 0.8)), 1, 12))
        year = int(r.integers(1900, 2024))
        where = str(r.choice(list(place)))
        garage = r.random() < 0.55
        lot = area * r.uniform(1.2, 6)
        price = (2900 * area + 9000 * rooms + 35 * lot) * place[where] * (0.75 + 0.25 * ((year - 1900) / 124) ** 2) + 22000 * garage
        price *= np.exp(r.normal(0, 0.06))
        rows.append([f"H{i:05d}", f"{area:.1f}", str(rooms), str(year), where, "yes" if garage else "no", "NA" if r.random() < 0.08 else f"{lot:.0f}",
                     f"{round(price, -2):.0f}"])
    write("houses.csv", rows, test)


def weather(n=1461, test=365):
    """The highest temperature of days, by what is known in the morning."""
    r = np.random.default_rng(3)
    rows = [["date", "pressure_hpa", "humidity", "wind", "cloud", "max_temp"]]
    day, noise, level = datetime.date(2019, 1, 1), 0.0, 1013.0
    for _ in range(n):
        season = -np.cos(2 * np.pi * (day.timetuple().tm_yday - 20) / 365.25)
        noise = 0.7 * noise + r.normal(0, 1.0)
        level = 1013 + 0.8 * (level - 1013) + r.normal(0, 4)
        cloud = int(np.clip(round(4 - (level - 1013) / 4 + r.normal(0, 1.5)), 0, 8))
        wind = str(r.choice(["N", "E", "S", "W"], p=[0.2, 0.2, 0.2, 0.4]))
        humidity = float(np.clip(70 - 12 * season + 3 * cloud - 8 + r.normal(0, 6), 20, 100))
        temp = 12 + 10 * season + {"N": -3, "E": 0.5 + 2 * season, "S": 3, "W": 0}[wind] - 0.7 * (cloud - 4) * (0.4 + season) + noise
        rows.append([day.isoformat(), f"{level:.1f}", f"{humidity:.0f}", wind, "" if r.random() < 0.03 else str(cloud), f"{temp:.1f}"])
        day += datetime.timedelta(days=1)
    write("weather.csv", rows, test)


def sales(n=180):
    """A monthly series with a level that grows, and a season."""
    r = np.random.default_rng(4)
    season = [0.82, 0.80, 0.93, 0.97, 1.0, 1.1, 1.25, 1.22, 1.05, 0.95, 0.88, 1.1]
    rows = [["month", "passengers"]]
    for k in range(n):
        level = 41000 + 220 * k + 6000 * np.sin(k / 23)
        rows.append([f"{2008 + k // 12}-{k % 12 + 1:02d}", f"{level * season[k % 12] * np.exp(r.normal(0, 0.015)):.0f}"])
    write("sales.csv", rows)


def sentences(n=900, test=200):
    """Messages to a shop, and what they are about. A tenth has words of another matter too."""
    r = np.random.default_rng(5)
    say = {
        "delivery": ["my parcel has not arrived", "the courier left the box at the wrong door", "when will the package be shipped",
                     "tracking says delayed since monday", "the delivery came two days late", "nobody rang, yet the driver says he was here"],
        "payment": ["i was charged twice for one order", "the invoice shows the wrong amount", "my card was declined at checkout",
                    "please refund the money to my account", "the voucher did not reduce the price", "where can i download the bill"],
        "quality": ["the screen is cracked", "it stopped working after a week", "the colour looks nothing like the picture",
                    "the battery dies within an hour", "a screw is missing from the kit", "the fabric tore on the first day"],
        "praise": ["thank you, the service was excellent", "i love this lamp", "great value and friendly staff",
                   "works perfectly, will buy again", "best shop i have found so far", "my kids are delighted with it"],
    }
    begin = ["hello, ", "hi there, ", "good morning, ", "", "", "excuse me, ", "dear team, "]
    end = ["", "", ", please help", ", order %d", ", kind regards", ", thanks", ", bought in %d"]
    names = list(say)
    rows = [["id", "message", "topic"]]
    for i in range(n):
        topic = str(r.choice(names, p=[0.3, 0.3, 0.25, 0.15]))
        text = str(r.choice(say[topic]))
        words = text.split(" ")
        while len(words) > 3 and r.random() < 0.45:
            del words[int(r.integers(len(words)))]
        text = " ".join(words)
        if r.random() < 0.12:
            text += " but " + str(r.choice(say[str(r.choice(names))])).split(" ")[0]
        tail = str(r.choice(end))
        text = str(r.choice(begin)) + text + (tail % r.integers(1000, 9999) if "%" in tail else tail)
        rows.append([str(1000 + i), quoted(text[0].upper() + text[1:]), topic])
    write("sentences.csv", rows, test)


def wine(n=700, test=200):
    """Semicolons, decimal commas and Windows-1252, as a German spreadsheet writes them."""
    r = np.random.default_rng(6)
    rows = [["Säure", "Restzucker", "Alkohol", "Dichte", "Rebsorte", "Güte"]]
    for _ in range(n):
        grape = str(r.choice(["Grüner Veltliner", "Riesling", "Zweigelt"]))
        acid, sugar, alcohol = r.normal(6.5 + (grape == "Riesling"), 0.8), r.lognormal(1.0, 0.6), r.normal(12.2, 0.9)
        density = 0.99 + 0.0004 * sugar - 0.0008 * (alcohol - 12) + r.normal(0, 0.0002)
        score = 1.1 * (alcohol - 12.2) - 0.5 * (acid - 6.8) ** 2 - 0.12 * abs(sugar - 3) + 0.5 * (grape == "Zweigelt") * (acid < 6.5) + r.normal(0, 0.25)
        grade = "gut" if score > 0.35 else "mittel" if score > -0.6 else "schlicht"
        rows.append([f"{acid:.2f}".replace(".", ","), f"{sugar:.1f}".replace(".", ","), f"{alcohol:.1f}".replace(".", ","),
                     f"{density:.4f}".replace(".", ","), grape, grade])
    write("wine.csv", rows, test, encoding="windows-1252", joint=";")


def concrete(n=600, test=150):
    """A header of two lines, the second with units."""
    r = np.random.default_rng(7)
    rows = [["cement", "water", "slag", "age", "strength"], ["kg/m3", "kg/m3", "kg/m3", "days", "MPa"]]
    for _ in range(n):
        cement, water = r.uniform(120, 520), r.uniform(130, 230)
        slag = r.uniform(20, 300) if r.random() < 0.5 else 0.0
        age = int(r.choice([1, 3, 7, 14, 28, 56, 90, 180]))
        strength = 78 * np.exp(-0.9 * water / (cement + 0.6 * slag)) * (np.log1p(age) / np.log1p(180)) ** 0.9 + r.normal(0, 1.5)
        rows.append([f"{cement:.1f}", f"{water:.1f}", f"{slag:.1f}", str(age), f"{max(strength, 1):.2f}"])
    write("concrete.csv", rows, test, head=2)


def visits(n=40000, test=8000):
    """Many rows with an id: who comes back to a shop."""
    r = np.random.default_rng(8)
    kinds = ["a", "b", "c", "d"]
    rows = [["visit_id", "age", "pages", "minutes", "channel", "returned"]]
    age, pages, minutes, kind = r.integers(16, 80, n), r.poisson(6, n), np.round(r.exponential(8, n)), r.integers(0, 4, n)
    score = 0.25 * (pages - 6) * (kind != 2) + 0.9 * np.sin(age / 9.0) + 0.5 * (kind == 1) - 0.06 * np.abs(minutes - 10) + 0.2
    y = r.random(n) < 1 / (1 + np.exp(-2.2 * score))
    for i in range(n):
        rows.append([str(700000 + i), str(age[i]), str(pages[i]), str(int(minutes[i])), kinds[kind[i]], "yes" if y[i] else "no"])
    write("visits.csv.gz", rows, test)


def yields(n=410, test=300):
    """Few rows of columns that tell something together, as products, and hardly anything one by one."""
    r = np.random.default_rng(9)
    x = r.normal(size=(n, 6))
    y = x[:, 0] * x[:, 1] + x[:, 2] + 0.5 * x[:, 3] * x[:, 4] + r.normal(0, 0.1, n)
    rows = [[f"sensor_{c + 1}" for c in range(6)] + ["yield"]]
    rows += [[f"{v:.4f}" for v in x[i]] + [f"{y[i]:.4f}"] for i in range(n)]
    write("yields.csv", rows, test)


if __name__ == "__main__":
    for make in (passengers, houses, weather, sales, sentences, wine, concrete, visits, yields):
        make()
