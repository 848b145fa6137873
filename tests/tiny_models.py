"""Tiny models of the real architectures, with random weights, saved to disk.

They stand in for models of the Hugging Face Hub, which tests must not need: the loading
code, the tokenizer classes and the generation are the real ones.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import sentencepiece
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WORDS = [
    "a",
    "o",
    "Maria",
    "João",
    "vive",
    "em",
    "Lisboa",
    "Porto",
    "Petrobras",
    "abriu",
    "um",
    "escritório",
    "Maputo",
    "de",
    ".",
    ",",
]
SENTENCES = [
    "Maria vive em Lisboa.",
    "A Petrobras abriu um escritório em Maputo.",
    "João vive em Porto, Maria em Lisboa.",
]


def bert_tokenizer() -> transformers.PreTrainedTokenizerFast:
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted({c for w in WORDS for c in w})
    vocab += [*dict.fromkeys([*WORDS, *letters, *(f"##{c}" for c in letters)])]
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.BertTokenizerFast(
        tokenizer_object=tokenizer, do_lower_case=False, strip_accents=False, model_max_length=32
    )


def bert_sizes(vocab_size: int) -> dict:
    return {
        "vocab_size": vocab_size,
        "hidden_size": 16,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 34,
    }


def encoder(folder: Path) -> Path:
    """A BertModel: an encoder for SimAlign."""
    torch.manual_seed(0)
    tokenizer = bert_tokenizer()
    config = transformers.BertConfig(**bert_sizes(len(tokenizer)))
    transformers.BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def masked_bert(folder: Path) -> Path:
    """A BertForMaskedLM with a WordPiece tokenizer."""
    torch.manual_seed(0)
    tokenizer = bert_tokenizer()
    config = transformers.BertConfig(**bert_sizes(len(tokenizer)))
    transformers.BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def masked_xlmr(folder: Path) -> Path:
    """An XLMRobertaForMaskedLM with a unigram tokenizer."""
    torch.manual_seed(0)
    pieces = _unigram(["<mask>"])
    pieces.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        model_max_length=32,
    )
    sizes = {**bert_sizes(len(tokenizer)), "pad_token_id": 1}
    config = transformers.XLMRobertaConfig(**sizes, bos_token_id=0, eos_token_id=2)
    transformers.XLMRobertaForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def ner(folder: Path, more: dict[str, int] | None = None) -> Path:
    """A BertForTokenClassification whose weights say: "Maria" is B-PER, "Lisboa" B-LOC.

    more: Other words, and the numbers of their labels.
    """
    torch.manual_seed(0)
    tokenizer = bert_tokenizer()
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    config = transformers.BertConfig(
        **bert_sizes(len(tokenizer)),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    model = transformers.BertForTokenClassification(config)
    labels_of = {"Maria": 1, "João": 1, "Lisboa": 3, "Porto": 3, **(more or {})}
    _read_labels_off_words(model, tokenizer, labels_of)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def unigram_ner(folder: Path) -> Path:
    """As `ner`, with a vocabulary like that of multilingual E5: pieces of words and characters, and some
    pieces of a language that is written otherwise."""
    torch.manual_seed(0)
    greek = ["▁Αθήνα", "▁Μαρία", "α", "ι", "ρ"]
    backend = _unigram(greek)
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", pad_token="<pad>",
        unk_token="<unk>", cls_token="<s>", sep_token="</s>", model_max_length=32,
    )  # fmt: skip
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    config = transformers.BertConfig(
        **bert_sizes(len(tokenizer)),
        pad_token_id=1,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    model = transformers.BertForTokenClassification(config)
    words = {"▁Maria": 1, "▁João": 1, "▁Lisboa": 3, "▁Porto": 3, "▁Μαρία": 1, "▁Αθήνα": 3}
    _read_labels_off_words(model, tokenizer, words)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _read_labels_off_words(model, tokenizer, labels: dict[str, int]) -> None:
    """Set embeddings and classifier so that a word's own vector decides its label."""
    with torch.no_grad():
        for layer in model.bert.encoder.layer:  # let the embeddings through
            layer.attention.output.dense.weight.zero_()
            layer.output.dense.weight.zero_()
        embeddings = model.bert.embeddings
        embeddings.position_embeddings.weight.zero_()
        embeddings.token_type_embeddings.weight.zero_()
        words = embeddings.word_embeddings.weight
        words.zero_()
        words[:, 0] = 1.0
        for word, label in labels.items():
            words[tokenizer.convert_tokens_to_ids(word)] = torch.eye(16)[label]
        model.classifier.weight.copy_(5 * torch.eye(16)[:5])
        model.classifier.bias.zero_()


def _unigram(extra: list[str]) -> Tokenizer:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *extra]
    letters = sorted({c for w in WORDS for c in w})
    pieces += dict.fromkeys(["▁", *(f"▁{w}" for w in WORDS), *letters])
    tokenizer = Tokenizer(models.Unigram([(p, -float(len(p) == 1)) for p in pieces], 3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def _m2m_model(n_pieces: int) -> transformers.M2M100ForConditionalGeneration:
    torch.manual_seed(0)
    config = transformers.M2M100Config(
        vocab_size=n_pieces,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=64,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
        init_std=0.7,
    )
    return transformers.M2M100ForConditionalGeneration(config)


def nllb(folder: Path) -> Path:
    tokenizer = transformers.NllbTokenizerFast(tokenizer_object=_unigram([]), model_max_length=64)
    _m2m_model(len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _sentencepiece(path: Path) -> list[str]:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 10),
        model_writer=model,
        vocab_size=40,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


def m2m100(folder: Path) -> Path:
    folder.mkdir()
    pieces = _sentencepiece(folder / "sentencepiece.bpe.model")
    vocab = ["<s>", "<pad>", "</s>", "<unk>", *(p for p in pieces if not p.startswith("<"))]
    (folder / "vocab.json").write_text(json.dumps({p: i for i, p in enumerate(vocab)}))
    tokenizer = transformers.M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"), model_max_length=64
    )
    # Language codes lie behind the vocabulary, then some ids that the original left unused.
    codes = sorted(tokenizer.lang_token_to_id, key=tokenizer.lang_token_to_id.__getitem__)
    tokenizer.add_special_tokens({"additional_special_tokens": codes})
    tokenizer.save_pretrained(folder)
    n_pieces = max(tokenizer.lang_token_to_id.values()) + 1 + tokenizer.num_madeup_words
    _m2m_model(n_pieces).save_pretrained(folder)
    return folder


def marian(folder: Path, languages: list[str] | None = None) -> Path:
    """An OPUS-MT model; with `languages` one that has several output languages."""
    folder.mkdir()
    pieces = _sentencepiece(folder / "source.spm")
    _sentencepiece(folder / "target.spm")
    tags = [f">>{code}<<" for code in languages or []]
    vocab = ["</s>", "<unk>", *tags, *(p for p in pieces if not p.startswith("<")), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({p: i for i, p in enumerate(vocab)}))
    tokenizer = transformers.MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json")
    )
    tokenizer.model_max_length = 64
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.MarianConfig(
        vocab_size=len(vocab),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=64,
        pad_token_id=len(vocab) - 1,
        eos_token_id=0,
        decoder_start_token_id=len(vocab) - 1,
        bad_words_ids=[[len(vocab) - 1]],
        forced_eos_token_id=0,
        init_std=0.7,
    )
    transformers.MarianMTModel(config).save_pretrained(folder)
    return folder


def madlad(folder: Path) -> Path:
    tokenizer = transformers.T5TokenizerFast(
        tokenizer_object=_unigram(["<2en>", "<2pt>"]),
        extra_ids=0,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=["<2en>", "<2pt>"],
        model_max_length=64,
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=len(tokenizer),
        d_model=16,
        d_kv=8,
        d_ff=16,
        num_layers=1,
        num_heads=2,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        initializer_factor=8.0,
    )
    transformers.T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder


def converted(folder: Path, original: Path) -> Path:
    """A translation model in CTranslate2's format, without its tokenizer."""
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(original)).convert(str(folder))
    return folder
