"""How reports tell their numbers: sentences with places for the figures, and matters that are not ours."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from tests.corpus.truth import Key, plain

# {name} is a figure of the table; {n} any number, of something that the tables do not count.
RECEIVED = (
    "{y}年，全县共收到政府信息公开申请{received}件，同比增长{n}%。",
    "{y}年度，我区新收政府信息公开申请{received}件，上年结转{carried_in}件。",
    "全年共受理依申请公开政府信息{received}件，较上年减少{n}件。",
    "依申请公开方面。{y}年全市各级行政机关共接收政府信息公开申请{received}件，其中市政府办公室{n}件，各县区{n}件。",
    "本年度共收到{received}件政府信息公开申请，主要涉及征地拆迁、工程建设等方面。",
    "{y}年我县收到公民、法人和其他组织提出的政府信息公开申请{received}件，{last}年为{n}件。",
    "全旗共收到信息公开申请 {received} 件，上一年度结转 {carried_in} 件，其中网络提交{n}件、信函提交{n}件、当面{n}件。",
    "政府信息公开申请办理情况：本年新收申请{received}件，上年度结转{carried_in}件，合计{received_all}件。",
    "截至{y}年12月31日，全县共收到依申请公开申请{received}件，去年同期为{n}件。",
    "{y}年，全区受理政府信息公开申请{received_all}件（含上年结转{carried_in}件），按时办结率100%。",
    "今年以来，全县共收到群众申请公开政府信息事项{received}起，都得到了妥善处理。",
    "{y}年新收政府信息公开申请{received}件，结转上年度{carried_in}件，共计{received_all}件。",
    "新收申请{received}件、上年结转申请{carried_in}件，两项合计{received_all}件，均为政府信息公开申请。",
    "全年共受理政府信息公开申请{received}件（不含上年结转{carried_in}件），办结{total}件。",
    "全年收到政府信息公开申请（含上年结转）{received_all}件，已办结{total}件，剩余{carried_out}件结转下年度办理。",
    "在全部{received_all}件政府信息公开申请中（含上年结转{carried_in}件），已办结{total}件，其余{carried_out}件结转至下年度。",
    "依申请公开方面，全市共受理{received}件，办结{total}件。其中，主要涉及自然资源{n}件、住建{n}件、公安{n}件。",
)
ANSWERED = (
    "全年共办结政府信息公开申请{total}件，结转下年度继续办理{carried_out}件。",
    "已按期答复政府信息公开申请{total}件，{carried_out}件结转至下一年度办理。",
    "在办理的{total}件政府信息公开申请中，予以公开{granted}件，部分公开{partial}件，不予公开{denied}件，无法提供{unavailable}件，不予处理{unprocessed}件。",
    "从答复结果看，申请人的政府信息公开申请得到予以公开答复的{granted}件，占{granted_pct}%；部分公开的{partial}件，占{partial_pct}%；不予公开的{denied}件，占{denied_pct}%。",
    "依申请公开的办理结果为：同意公开{granted}件、同意部分公开{partial}件、不予公开{denied}件、本机关不掌握相关政府信息{not_held}件、没有现成信息需要另行制作{creation}件、补正后申请内容仍不明确{unclear}件。",
    "政府信息公开申请的答复中，{granted}件予以公开，{partial}件部分公开，{unavailable}件无法提供，{carried_out}件正在办理中。",
    "收到的政府信息公开申请中，自然人申请{person}件，法人或其他组织申请{organisation}件。",
    "政府信息公开申请中属于国家秘密的{secret}件、第三方合法权益{third}件、过程性信息{process}件、行政执法案卷{file}件、行政查询事项{query}件。",
    "不予处理的政府信息公开申请{unprocessed}件，其中信访举报投诉类申请{petition}件、重复申请{duplicate}件。",
    "政府信息公开申请中，因重复申请不予处理{duplicate}件，因信访举报投诉不予处理{petition}件。",
    "受理政府信息公开申请{received}件，其中重复申请{duplicate}件，信访类{petition}件。",
    "依申请公开：全部公开{granted}件，部分公开{partial}件，因涉及国家秘密不予公开{secret}件，因过程性信息不予公开{process}件。",
    "政府信息公开申请予以公开{granted}件、部分公开{partial}件，两者合计{granted_all}件。",
    "政府信息公开申请答复中，不予公开{denied}件（其中：属于国家秘密{secret}件，属于四类过程性信息{process}件，属于行政执法案卷{file}件）。",
    "政府信息公开申请内容不明确经补正后仍不明确的{unclear}件，重复申请的{duplicate}件，信访举报投诉类{petition}件。",
    "政府信息公开申请办理中，延期答复{n}件，按期答复{n}件，予以公开{granted}件。",
)
REVIEWS = (
    "因政府信息公开引发的行政复议案件{reconsideration}件，行政诉讼案件{litigation}件。",
    "全年发生政府信息公开行政复议{reconsideration}起，其中结果维持{r_upheld}起、结果纠正{r_corrected}起、其他结果{r_other}起、尚未审结{r_pending}起。",
    "全区以信息公开为由被提起行政诉讼{litigation}件，其中维持{l_upheld}件，纠错{l_corrected}件，其他情形{l_other}件，尚未审结{l_pending}件。",
    "政府信息公开行政复议{reconsideration}件；未经复议直接起诉{direct}件，复议后起诉{after}件。",
    "收到涉及政府信息公开的行政复议申请{reconsideration}件，被提起行政诉讼{litigation}件。",
    "因信息公开申请行政复议和行政诉讼的分别为{reconsideration}件和{litigation}件。",
    "政府信息公开工作中被申请行政复议{reconsideration}件（维持{r_upheld}件、纠正{r_corrected}件、其他{r_other}件、未审结{r_pending}件）。",
    "因政府信息公开引起的行政复议{reconsideration}件（{r_upheld}件维持、{r_corrected}件纠正、{r_other}件其他结果、{r_pending}件尚未审结）。",
    "全县因政府信息公开被申请行政复议{reconsideration}件；行政诉讼未经复议直接起诉的{direct}件，复议后起诉的{after}件。",
    "本年度因政府信息公开被提起行政诉讼{litigation}件，其中，未经复议直接起诉{direct}件，经复议后起诉{after}件，尚未审结{l_pending}件。",
    "未经复议直接提起政府信息公开行政诉讼{direct}件，复议后提起行政诉讼{after}件，合计{litigation}件。",
    "政府信息公开行政复议维持{r_upheld}件、纠正{r_corrected}件、其他结果{r_other}件、尚未审结{r_pending}件，总计{reconsideration}件。",
    "本年度政府信息公开工作引发复议、诉讼案件共{both}件，其中行政复议{reconsideration}件，行政诉讼{litigation}件。",
    "政府信息公开行政复议被纠错{r_corrected}件，政府信息公开行政诉讼败诉{l_corrected}件。",
    "尚未审结的政府信息公开行政复议案件{r_pending}件，行政诉讼案件{l_pending}件。",
    "因依申请公开工作被提起行政复议{reconsideration}起，已审结{r_closed}起，未审结{r_pending}起。",
)
DOCUMENTS = (
    "全年制发行政规范性文件{issued}件，废止{repealed}件，现行有效{in_force}件。",
    "{y}年共印发行政规范性文件{issued}件，配发政策解读{n}篇。",
    "截至年底，全县现行有效行政规范性文件{in_force}件。",
)
BESIDES = (
    "办理人大代表建议{n}件、政协委员提案{n}件，办复率100%。",
    "县长信箱受理群众来信{n}件，办结{n}件，12345热线受理诉求{n}件，答复{n}件。",
    "县政府办公室收到申请{n}件，答复{n}件。",
    "通过政府网站、政务新媒体发布信息{n}条，受理网民咨询{n}件，全部答复。",
    "以县政府和县政府办公室名义印发公文{n}件，其中主动公开{n}件，依申请公开{n}件，不予公开{n}件。",
    "组织培训{n}次，参训{n}人次，编发工作简报{n}期。",
    "与{last}年相比，政府信息公开申请数量增加{n}件，予以公开减少{n}件。",
    "其中，各乡镇（街道）受理{n}件，县直部门受理{n}件。",
    "开展规范性文件清理，清理规范性文件{n}件，其中废止{n}件。",
    "{last}年，全县共收到政府信息公开申请{n}件。",
    "行政执法部门作出行政处罚{n}件，办理行政复议案件{n}件，开展执法检查{n}次。",
    "群众对政府信息公开工作的满意率达{n}%。",
    "县司法局全年受理行政复议申请{n}件，审结{n}件，行政应诉案件{n}件，出庭应诉率100%。",
    "全年办理行政复议案件{n}件，其中维持{n}件，纠正{n}件，复议纠错率12.6%。",
    "县人民法院全年审理政府信息公开行政诉讼案件{n}件。",
    "全年受理网上信访事项{n}件，办结{n}件，其中重复信访{n}件。",
    "行政许可办理：受理申请{n}件，予以许可{n}件，不予许可{n}件，撤回申请{n}件。",
    "新受理劳动仲裁申请{n}件，结案{n}件，办理公民个人申请查询档案信息{n}件。",
    "依申请公开件办理周期：10日内办结的{n}件，10至20日办结的{n}件。",
    "公布政府信息公开申请答复典型案例{n}个，涉及败诉案例{n}件，培训答复人员{n}余人次。",
)


def figures_told(figures: Mapping[Key, Decimal], year: int) -> dict[str, str]:
    """The figures by the names of the places."""

    def cell(row: str, column: str = "total", table: str = "requests") -> Decimal:
        return sum((v for k, v in figures.items() if k[0] == table and k[2] == column and _is(k[1], row)), Decimal(0))

    def review(row: str, column: str) -> Decimal:
        return cell(row, column, "review_litigation")

    total = cell("total_processed")
    told = {
        "received": cell("received"),
        "carried_in": cell("carried_in"),
        "received_all": cell("received") + cell("carried_in"),
        "total": total,
        "carried_out": cell("carried_out"),
        "granted": cell("granted"),
        "partial": cell("partially_granted"),
        "denied": cell("denied_"),
        "unavailable": cell("unavailable_"),
        "unprocessed": cell("unprocessed_"),
        "not_held": cell("unavailable_not_held"),
        "creation": cell("unavailable_needs_creation"),
        "unclear": cell("unavailable_unclear"),
        "secret": cell("denied_state_secret"),
        "third": cell("denied_third_party"),
        "process": cell("denied_process_information"),
        "file": cell("denied_enforcement_file"),
        "query": cell("denied_administrative_query"),
        "petition": cell("unprocessed_petition"),
        "duplicate": cell("unprocessed_duplicate"),
        "person": cell("received", "natural_person"),
        "organisation": cell("received") - cell("received", "natural_person"),
        "reconsideration": review("reconsideration", "total"),
        "litigation": review("litigation_", "total"),
        "direct": review("litigation_direct", "total"),
        "after": review("litigation_after_reconsideration", "total"),
    }
    for letter, row in (("r", "reconsideration"), ("l", "litigation_")):
        for column in ("upheld", "corrected", "other", "pending"):
            told[f"{letter}_{column}"] = review(row, column)
    told["granted_all"] = told["granted"] + told["partial"]
    told["both"] = told["reconsideration"] + told["litigation"]
    told["r_closed"] = told["reconsideration"] - told["r_pending"]
    for deed in ("issued", "repealed", "in_force"):
        told[deed] = cell("normative_documents", deed, "proactive")
    texts = {name: plain(value) for name, value in told.items()}
    for name in ("granted", "partial", "denied"):
        texts[f"{name}_pct"] = str((100 * told[name] / total).quantize(Decimal("0.1"))) if total else "0"
    return {**texts, "y": str(year), "last": str(year - 1)}


def _is(row: str, wanted: str) -> bool:
    return row.startswith(wanted) if wanted.endswith("_") else row == wanted


def paragraph(rng: Random, told: Mapping[str, str]) -> list[tuple[str, str]]:
    """(template, sentence) of a passage on requests and reviews, with other matters between, and one on documents."""
    chosen = [rng.choice(RECEIVED), rng.choice(ANSWERED), rng.choice(REVIEWS)]
    for _ in range(rng.randint(0, 2)):
        chosen.insert(rng.randint(0, len(chosen)), rng.choice(BESIDES))
    if told["total"] == "0":
        chosen = [template for template in chosen if "pct" not in template]
    return [(template, fill(rng, template, told)) for template in chosen]


def fill(rng: Random, template: str, told: Mapping[str, str]) -> str:
    while "{n}" in template:
        template = template.replace("{n}", str(rng.randint(2, 400)), 1)
    return template.format(**told)
