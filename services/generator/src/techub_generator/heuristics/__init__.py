"""Card traits from plain facts, for when no model writes them: same person, same card."""

from techub_common.traits import CardTraits
from techub_generator.heuristics.biography import flavor_of, long_bio_of, short_bio_of, tagline_of
from techub_generator.heuristics.character import animal_of, archetype_of
from techub_generator.heuristics.facts import facts_of
from techub_generator.heuristics.playing_cards import playing_card_of
from techub_generator.heuristics.powers import buff_of, move_of, weakness_of
from techub_generator.heuristics.stats import attack_of, defense_of, speed_of
from techub_generator.heuristics.tags import tags_of
from techub_generator.heuristics.titles import title_of
from techub_generator.heuristics.vibes import vibe_of
from techub_generator.profile import GitHubProfile
from techub_generator.prose import cut

__all__ = ("traits_of",)


def traits_of(profile: GitHubProfile) -> CardTraits:
    """Return all twenty traits; they follow from the profile alone, never from chance or clock."""
    facts = facts_of(profile)
    archetype, vibe = archetype_of(facts), vibe_of(facts)
    buff, weakness, move = buff_of(facts), weakness_of(facts), move_of(facts)
    tagline = tagline_of(facts)
    return CardTraits(
        title=title_of(facts, archetype),
        tagline=tagline,
        short_bio=short_bio_of(facts, archetype),
        long_bio=long_bio_of(facts, archetype),
        buff=buff.name,
        buff_description=buff.description,
        weakness=weakness.name,
        weakness_description=weakness.description,
        vibe=vibe.name,
        vibe_description=vibe.description,
        special_move=move.name,
        special_move_description=move.description,
        flavor_text=cut(flavor_of(facts), 80),
        tags=tags_of(facts, vibe.tag),
        attack=attack_of(profile),
        defense=defense_of(profile),
        speed=speed_of(profile),
        playing_card=playing_card_of(profile),
        spirit_animal=animal_of(facts),
        archetype=archetype,
    )
