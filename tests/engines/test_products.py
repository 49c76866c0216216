import pytest
import torch

from evalkit.engines.products import FEW, few_tokens
from tests.engines.test_copies import model_of


class Two(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.wide, self.narrow = torch.nn.Linear(24, 100), torch.nn.Linear(24, 7, bias=False)
        self.half, self.hooked = torch.nn.Linear(24, 5).bfloat16(), torch.nn.Linear(24, 5)
        self.hooked.forward = lambda given: given.sum()


@pytest.mark.parametrize("tokens", [1, 2, 16, FEW, FEW + 1])
def test_the_other_order_gives_the_same_product(tokens):
    model = Two()
    given = torch.randn(1, tokens, 24)
    for layer in (model.wide, model.narrow):
        plainly = layer(given)
        with torch.inference_mode(), few_tokens(model):
            found = layer(given)
        assert found.shape == plainly.shape
        assert found.is_contiguous()
        assert torch.allclose(found, plainly, atol=1e-5)


def test_other_layers_stay_and_all_are_as_before_afterwards():
    model = Two()
    with few_tokens(model):
        assert {name for name, layer in model.named_children() if "forward" in vars(layer)} == {"wide", "narrow", "hooked"}
        assert float(model.hooked(torch.ones(3))) == 3
    assert {name for name, layer in model.named_children() if "forward" in vars(layer)} == {"hooked"}
    with pytest.raises(KeyboardInterrupt), few_tokens(model):
        raise KeyboardInterrupt
    assert "forward" not in vars(model.wide)


def test_a_whole_model_gives_the_same_logits():
    model = model_of("llama")
    ids = torch.arange(4, 40)[None]
    with torch.inference_mode():
        plainly = model(input_ids=ids, use_cache=False).logits
        with few_tokens(model):
            found = model(input_ids=ids, use_cache=False).logits
    assert torch.allclose(found, plainly, atol=1e-4)
