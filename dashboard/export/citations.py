"""BibTeX for what a map is made with: its method, its model and this tool. Titles and authors are as the papers print them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dashboard import __version__
from dashboard.explain import Explanation
from dashboard.methods import Method
from dashboard.models.catalogue import KNOWN
from dashboard.models.classifier import Classifier
from dashboard.models.zoo import is_own

ARXIV, DOI = "https://arxiv.org/abs/", "https://doi.org/"


@dataclass(frozen=True)
class Paper:
    """One paper: `where` is its address at arXiv or its DOI's; `venue` is the journal or conference of one without arXiv."""

    key: str
    authors: str
    title: str
    year: int
    where: str
    venue: str = ""

    @property
    def bibtex(self) -> str:
        """The paper as a BibTeX entry."""
        fields = {"author": self.authors, "title": f"{{{self.title}}}", "year": str(self.year)}
        if self.where.startswith(ARXIV):
            fields |= {"eprint": self.where.removeprefix(ARXIV), "archivePrefix": "arXiv", "url": self.where}
            return _entry("misc", self.key, fields)
        kind, venue = ("inproceedings", "booktitle") if "Conference" in self.venue else ("article", "journal")
        return _entry(kind, self.key, fields | {venue: self.venue, "doi": self.where.removeprefix(DOI)})


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@{kind}{{{key},\n{lines}}}"


def _arxiv(number: str, key: str, authors: str, title: str, year: int) -> Paper:
    return Paper(key, authors, title, year, f"{ARXIV}{number}")


VIT = _arxiv(
    "2010.11929", "dosovitskiy2020vit", "Dosovitskiy, Alexey and Beyer, Lucas and Kolesnikov, Alexander and Weissenborn, Dirk "
    "and Zhai, Xiaohua and Unterthiner, Thomas and Dehghani, Mostafa and Minderer, Matthias and Heigold, Georg and Gelly, "
    "Sylvain and Uszkoreit, Jakob and Houlsby, Neil",
    "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", 2020,
)  # fmt: skip
RESNET = _arxiv(
    "1512.03385", "he2015resnet", "He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian",
    "Deep Residual Learning for Image Recognition", 2015,
)  # fmt: skip

METHOD_PAPERS: tuple[Paper, ...] = (
    _arxiv("1512.04150", "zhou2016cam", "Zhou, Bolei and Khosla, Aditya and Lapedriza, Agata and Oliva, Aude and "
           "Torralba, Antonio",
           "Learning Deep Features for Discriminative Localization", 2016),
    _arxiv("1610.02391", "selvaraju2016gradcam", "Selvaraju, Ramprasaath R. and Cogswell, Michael and Das, Abhishek and "
           "Vedantam, "
           "Ramakrishna and Parikh, Devi and Batra, Dhruv",
           "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2016),
    _arxiv("1710.11063", "chattopadhay2017gradcampp", "Chattopadhay, Aditya and Sarkar, Anirban and Howlader, Prantik and "
           "Balasubramanian, Vineeth N.", "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks", 2017),
    _arxiv("1908.01224", "omeiza2019smoothgradcampp", "Omeiza, Daniel and Speakman, Skyler and Cintas, Celia and Weldermariam, "
           "Komminist", "Smooth Grad-CAM++: An Enhanced Inference Level Visualization Technique for Deep Convolutional Neural "
           "Network Models", 2019),
    _arxiv("2008.02312", "fu2020xgradcam", "Fu, Ruigang and Hu, Qingyong and Dong, Xiaohu and Guo, Yulan and Gao, Yinghui "
           "and Li, "
           "Biao", "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs", 2020),
    _arxiv("2011.08891", "draelos2020hirescam", "Draelos, Rachel Lea and Carin, Lawrence",
           "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks", 2020),
    Paper("jiang2021layercam", "Jiang, Peng-Tao and Zhang, Chang-Bin and Hou, Qibin and Cheng, Ming-Ming and Wei, Yunchao",
          "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", 2021, f"{DOI}10.1109/TIP.2021.3089943",
          "IEEE Transactions on Image Processing"),
    _arxiv("2501.11309", "zhang2025finercam", "Zhang, Ziheng and Gu, Jianyang and Chowdhury, Arpita and Mai, Zheda and Carlyn, "
           "David and Berger-Wolf, Tanya and Su, Yu and Chao, Wei-Lun",
           "Finer-CAM: Spotting the Difference Reveals Finer Details for Visual Explanation", 2025),
    _arxiv("2605.14641", "domeniconi2026refinecam", "Domeniconi, Luca and Stramiglio, Alessandra and Lombardi, Michele "
           "and Salti, "
           "Samuele", "How to Evaluate and Refine your CAM", 2026),
    _arxiv("1910.01279", "wang2019scorecam", "Wang, Haofan and Wang, Zifan and Du, Mengnan and Yang, Fan and Zhang, Zijian and "
           "Ding, Sirui and Mardziel, Piotr and Hu, Xia",
           "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", 2019),
    _arxiv("2006.14255", "wang2020sscam", "Wang, Haofan and Naidu, Rakshit and Michael, Joy and Kundu, Soumya Snigdha",
           "SS-CAM: Smoothed Score-CAM for Sharper Visual Feature Localization", 2020),
    _arxiv("2010.03023", "naidu2020iscam", "Naidu, Rakshit and Ghosh, Ankita and Maurya, Yash and Nayak K, Shamanth R and "
           "Kundu, "
           "Soumya Snigdha", "IS-CAM: Integrated Score-CAM for axiomatic-based explanations", 2020),
    Paper("desai2020ablationcam", "Desai, Saurabh and Ramaswamy, Harish Guruprasad",
          "Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization", 2020,
          f"{DOI}10.1109/WACV45572.2020.9093360", "IEEE Winter Conference on Applications of Computer Vision (WACV)"),
    _arxiv("2008.00299", "muhammad2020eigencam", "Muhammad, Mohammed Bany and Yeasin, Mohammed",
           "Eigen-CAM: Class Activation Map using Principal Components", 2020),
    _arxiv("2005.00928", "abnar2020rollout", "Abnar, Samira and Zuidema, Willem",
           "Quantifying Attention Flow in Transformers", 2020),
    _arxiv("1706.03762", "vaswani2017attention", "Vaswani, Ashish and Shazeer, Noam and Parmar, Niki and Uszkoreit, Jakob and "
           "Jones, Llion and Gomez, Aidan N. and Kaiser, {\\L}ukasz and Polosukhin, Illia", "Attention Is All You Need", 2017),
    _arxiv("2103.15679", "chefer2021generic", "Chefer, Hila and Gur, Shir and Wolf, Lior",
           "Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers", 2021),
    _arxiv("2012.09838", "chefer2021beyond", "Chefer, Hila and Gur, Shir and Wolf, Lior",
           "Transformer Interpretability Beyond Attention Visualization", 2021),
    _arxiv("2404.03214", "bousselham2024legrad", "Bousselham, Walid and Boggust, Angie and Chaybouti, Sofian and Strobelt, "
           "Hendrik and Kuehne, Hilde",
           "LeGrad: An Explainability Method for Vision Transformers via Feature Formation Sensitivity", 2024),
    _arxiv("1311.2901", "zeiler2013visualizing", "Zeiler, Matthew D. and Fergus, Rob",
           "Visualizing and Understanding Convolutional Networks", 2013),
    _arxiv("1703.01365", "sundararajan2017axiomatic", "Sundararajan, Mukund and Taly, Ankur and Yan, Qiqi",
           "Axiomatic Attribution for Deep Networks", 2017),
    _arxiv("1706.03825", "smilkov2017smoothgrad", "Smilkov, Daniel and Thorat, Nikhil and Kim, Been and Vi{\\'e}gas, "
           "Fernanda and "
           "Wattenberg, Martin", "SmoothGrad: removing noise by adding noise", 2017),
    _arxiv("1806.07421", "petsiuk2018rise", "Petsiuk, Vitali and Das, Abir and Saenko, Kate",
           "RISE: Randomized Input Sampling for Explanation of Black-box Models", 2018),
)  # fmt: skip

DEIT = _arxiv(
    "2012.12877", "touvron2020deit", "Touvron, Hugo and Cord, Matthieu and Douze, Matthijs and Massa, Francisco and "
    "Sablayrolles, "
    "Alexandre and J{\\'e}gou, Herv{\\'e}", "Training data-efficient image transformers & distillation through attention", 2020,
)  # fmt: skip
BEIT = _arxiv(
    "2106.08254", "bao2021beit", "Bao, Hangbo and Dong, Li and Piao, Songhao and Wei, Furu",
    "BEiT: BERT Pre-Training of Image Transformers", 2021,
)  # fmt: skip
DINOV2 = _arxiv(
    "2304.07193", "oquab2023dinov2", "Oquab, Maxime and Darcet, Timoth{\\'e}e and Moutakanni, Theo and Vo, Huy and "
    "Szafraniec, Marc and "
    "Khalidov, Vasil and Fernandez, Pierre and Haziza, Daniel and Massa, Francisco and El-Nouby, Alaaeldin and others",
    "DINOv2: Learning Robust Visual Features without Supervision", 2023,
)  # fmt: skip
REGISTERS = _arxiv(
    "2309.16588", "darcet2023registers", "Darcet, Timoth{\\'e}e and Oquab, Maxime and Mairal, Julien and Bojanowski, Piotr",
    "Vision Transformers Need Registers", 2023,
)  # fmt: skip
CLIP = _arxiv(
    "2103.00020", "radford2021clip", "Radford, Alec and Kim, Jong Wook and Hallacy, Chris and Ramesh, Aditya and Goh, "
    "Gabriel and "
    "Agarwal, Sandhini and Sastry, Girish and Askell, Amanda and Mishkin, Pamela and Clark, Jack and Krueger, Gretchen and "
    "Sutskever, Ilya", "Learning Transferable Visual Models From Natural Language Supervision", 2021,
)  # fmt: skip
SIGLIP = _arxiv(
    "2303.15343", "zhai2023siglip", "Zhai, Xiaohua and Mustafa, Basil and Kolesnikov, Alexander and Beyer, Lucas",
    "Sigmoid Loss for Language Image Pre-Training", 2023,
)  # fmt: skip
SIGLIP2 = _arxiv(
    "2502.14786", "tschannen2025siglip2", "Tschannen, Michael and Gritsenko, Alexey and Wang, Xiao and Naeem, Muhammad "
    "Ferjad and "
    "Alabdulmohsin, Ibrahim and Parthasarathy, Nikhil and Evans, Talfan and Beyer, Lucas and Xia, Ye and Mustafa, Basil "
    "and others",
    "SigLIP 2: Multilingual Vision-Language Encoders with Improved Semantic Understanding, Localization, and Dense Features",
    2025,
)  # fmt: skip
SWIN = _arxiv(
    "2103.14030", "liu2021swin", "Liu, Ze and Lin, Yutong and Cao, Yue and Hu, Han and Wei, Yixuan and Zhang, Zheng and Lin, "
    "Stephen and Guo, Baining", "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", 2021,
)  # fmt: skip
SWINV2 = _arxiv(
    "2111.09883", "liu2021swinv2", "Liu, Ze and Hu, Han and Lin, Yutong and Yao, Zhuliang and Xie, Zhenda and Wei, Yixuan and "
    "Ning, Jia and Cao, Yue and Zhang, Zheng and Dong, Li and Wei, Furu and Guo, Baining",
    "Swin Transformer V2: Scaling Up Capacity and Resolution", 2021,
)  # fmt: skip
CONVNEXT = _arxiv(
    "2201.03545", "liu2022convnext", "Liu, Zhuang and Mao, Hanzi and Wu, Chao-Yuan and Feichtenhofer, Christoph and Darrell, "
    "Trevor and Xie, Saining", "A ConvNet for the 2020s", 2022,
)  # fmt: skip

# By the beginning of torchvision's name: the longest that fits counts.
TORCHVISION: dict[str, Paper] = {
    "alexnet": _arxiv("1404.5997", "krizhevsky2014alexnet", "Krizhevsky, Alex",
                      "One weird trick for parallelizing convolutional neural networks", 2014),
    "convnext": CONVNEXT,
    "densenet": _arxiv("1608.06993", "huang2016densenet", "Huang, Gao and Liu, Zhuang and van der Maaten, Laurens and "
    "Weinberger, "
                       "Kilian Q.", "Densely Connected Convolutional Networks", 2016),
    "efficientnet_b": _arxiv("1905.11946", "tan2019efficientnet", "Tan, Mingxing and Le, Quoc V.",
                             "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019),
    "efficientnet_v2": _arxiv("2104.00298", "tan2021efficientnetv2", "Tan, Mingxing and Le, Quoc V.",
                              "EfficientNetV2: Smaller Models and Faster Training", 2021),
    "googlenet": _arxiv("1409.4842", "szegedy2014googlenet", "Szegedy, Christian and Liu, Wei and Jia, Yangqing and Sermanet, "
                        "Pierre and Reed, Scott and Anguelov, Dragomir and Erhan, Dumitru and Vanhoucke, Vincent and "
                        "Rabinovich, "
                        "Andrew", "Going Deeper with Convolutions", 2014),
    "inception_v3": _arxiv("1512.00567", "szegedy2015inceptionv3", "Szegedy, Christian and Vanhoucke, Vincent and Ioffe, "
    "Sergey "
                           "and Shlens, Jonathon and Wojna, Zbigniew",
                           "Rethinking the Inception Architecture for Computer Vision", 2015),
    "maxvit": _arxiv("2204.01697", "tu2022maxvit", "Tu, Zhengzhong and Talebi, Hossein and Zhang, Han and Yang, Feng and "
                     "Milanfar, Peyman and Bovik, Alan and Li, Yinxiao", "MaxViT: Multi-Axis Vision Transformer", 2022),
    "mnasnet": _arxiv("1807.11626", "tan2018mnasnet", "Tan, Mingxing and Chen, Bo and Pang, Ruoming and Vasudevan, Vijay and "
                      "Sandler, Mark and Howard, Andrew and Le, Quoc V.",
                      "MnasNet: Platform-Aware Neural Architecture Search for Mobile", 2018),
    "mobilenet_v2": _arxiv("1801.04381", "sandler2018mobilenetv2", "Sandler, Mark and Howard, Andrew and Zhu, Menglong and "
                           "Zhmoginov, Andrey and Chen, Liang-Chieh",
                           "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018),
    "mobilenet_v3": _arxiv("1905.02244", "howard2019mobilenetv3", "Howard, Andrew and Sandler, Mark and Chu, Grace and Chen, "
                           "Liang-Chieh and Chen, Bo and Tan, Mingxing and Wang, Weijun and Zhu, Yukun and Pang, Ruoming and "
                           "Vasudevan, Vijay and Le, Quoc V. and Adam, Hartwig", "Searching for MobileNetV3", 2019),
    "regnet": _arxiv("2003.13678", "radosavovic2020regnet", "Radosavovic, Ilija and Kosaraju, Raj Prateek and Girshick, "
    "Ross and "
                     "He, Kaiming and Doll{\\'a}r, Piotr", "Designing Network Design Spaces", 2020),
    "resnet": RESNET,
    "resnext": _arxiv("1611.05431", "xie2016resnext", "Xie, Saining and Girshick, Ross and Doll{\\'a}r, Piotr and Tu, "
    "Zhuowen and He, "
                      "Kaiming", "Aggregated Residual Transformations for Deep Neural Networks", 2016),
    "shufflenet_v2": _arxiv("1807.11164", "ma2018shufflenetv2", "Ma, Ningning and Zhang, Xiangyu and Zheng, Hai-Tao and "
    "Sun, Jian",
                            "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design", 2018),
    "squeezenet": _arxiv("1602.07360", "iandola2016squeezenet", "Iandola, Forrest N. and Han, Song and Moskewicz, Matthew "
    "W. and "
                         "Ashraf, Khalid and Dally, William J. and Keutzer, Kurt",
                         "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016),
    "swin": SWIN,
    "swin_v2": SWINV2,
    "vgg": _arxiv("1409.1556", "simonyan2014vgg", "Simonyan, Karen and Zisserman, Andrew",
                  "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014),
    "vit": VIT,
    "wide_resnet": _arxiv("1605.07146", "zagoruyko2016wideresnet", "Zagoruyko, Sergey and Komodakis, Nikos",
                          "Wide Residual Networks", 2016),
}  # fmt: skip
# By what a hub's key has after its owner: the longest that fits counts. Some DeiT are ViT by their configuration.
HUB: dict[str, tuple[Paper, ...]] = {
    "vit": (VIT,), "deit": (DEIT,), "beit": (BEIT,), "dinov2": (DINOV2,), "dinov2-with-registers": (DINOV2, REGISTERS),
    "clip": (CLIP,), "swin": (SWIN,), "swinv2": (SWINV2,), "convnext": (CONVNEXT,), "resnet": (RESNET,),
    "watermark-detection-siglip2": (SIGLIP2,),
}  # fmt: skip
# By the kind of network that a configuration of transformers names.
TRANSFORMERS: dict[str, tuple[Paper, ...]] = HUB | {
    "dinov2_with_registers": (DINOV2, REGISTERS), "siglip": (SIGLIP,), "siglip_vision_model": (SIGLIP,), "siglip2": (SIGLIP2,),
}  # fmt: skip
BUNDLED = {
    "bundled/cnn": (RESNET,), "bundled/scenes_cnn": (RESNET,), "bundled/cheating_cnn": (RESNET,),
    "bundled/vit": (VIT,), "bundled/scenes_vit": (VIT,), "bundled/cheating_vit": (VIT,),
}  # fmt: skip


def papers_of_key(key: str) -> tuple[Paper, ...]:
    """The papers of a model of the catalogue, by its key; empty where the key tells nothing of the network."""
    family, _, name = key.partition("/")
    if family == "torchvision":
        found = _longest(TORCHVISION, name)
        return (found,) if found else ()
    if family == "hf":
        return _longest(HUB, name.rpartition("/")[2].lower()) or ()
    return BUNDLED.get(key, ())


def papers_of(model: Classifier) -> tuple[Paper, ...]:
    """The papers of a model: by its key if the catalogue has it, else by the kind of network that its configuration names, as a
    person may call their own what they like; often empty for those.
    """
    if model.key in KNOWN and not is_own(model.key):
        return papers_of_key(model.key)
    config: Any = getattr(model.network.module, "config", None)
    if config is not None:
        return TRANSFORMERS.get(getattr(config, "model_type", ""), ())
    return papers_of_key(model.key) if model.key.startswith("torchvision/") else ()


def _longest(table: dict[str, Any], name: str) -> Any:
    fitting = [beginning for beginning in table if name.startswith(beginning)]
    return table[max(fitting, key=len)] if fitting else None


def paper_at(where: str) -> Paper:
    """The paper of a method, by its address.

    Raises:
        LookupError: no method has such a paper.
    """
    found = next((paper for paper in METHOD_PAPERS if paper.where == where), None)
    if found is None:
        raise LookupError(f"expected the paper of a method, got {where}")
    return found


def bibtex(shown: Iterable[Explanation], models: Iterable[Classifier]) -> str:
    """The entries of this tool, of the maps' methods and of the models, each once."""
    of_models = [paper.bibtex for model in models for paper in papers_of(model)]
    entries = [tool(), *(_of_method(each.method) for each in shown), *of_models]
    return "\n\n".join(dict.fromkeys(entries)) + "\n"


def _of_method(method: Method) -> str:
    """A method's entry; of one whose paper is not listed here, as of a person's own, its name and the address that it gives."""
    try:
        return paper_at(method.paper).bibtex
    except LookupError:
        key = "".join(letter for letter in method.label.lower() if letter.isalnum())
        return _entry("misc", key, {"title": f"{{{method.label}}}", "url": method.paper})


def tool() -> str:
    """This tool's own entry."""
    fields = {
        "title": "{Looking at models: what a CNN and a vision transformer look at, side by side}",
        "author": "{The maintainers of Looking at models}", "version": __version__, "note": "Software",
    }  # fmt: skip
    return _entry("misc", "lookingatmodels", fields)
