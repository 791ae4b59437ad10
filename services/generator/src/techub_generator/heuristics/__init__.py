"""Card traits from plain facts, for when no model writes them: same person, same card."""

from techub_common.traits import CardTraits
from techub_generator.heuristics.biography import flavor_of, long_bio_of, short_bio_of, tagline_of
from techub_generator.heuristics.character import animal_of, archetype_of
from techub_generator.heuristics.facts import facts_of
from techub_generator.heuristics.playing_cards import playing_card_of
from techub_generator.heuristics.powers import buff_of, move_of, weakness_of
from techub_generator.heuristics.stats import attack_of, defense_of, reasons_of, speed_of
from techub_generator.heuristics.tags import tags_of
from techub_generator.heuristics.telling import Telling
from techub_generator.heuristics.titles import title_of
from techub_generator.heuristics.vibes import TAGS, vibe_of
from techub_generator.profile import GitHubProfile

__all__ = ("reasons_of", "traits_of")


def traits_of(profile: GitHubProfile) -> CardTraits:
    """Return all twenty traits; they follow from the profile alone, never from chance or clock.

    No word but the small ones stands in them a fourth time, unless the person's own name or
    repositories repeat it.
    """
    facts = facts_of(profile)
    archetype, animal = archetype_of(facts), animal_of(facts)
    playing_card, title = playing_card_of(profile), title_of(facts, archetype)
    telling = Telling(facts)
    telling.hear(archetype, animal, playing_card, title)
    vibe = vibe_of(telling)
    tags = tags_of(facts, TAGS[vibe.name])
    telling.hear(*tags)
    short_bio, long_bio = short_bio_of(telling, archetype), long_bio_of(telling)
    tagline, flavor_text = tagline_of(telling), flavor_of(telling)
    buff, weakness, move = buff_of(telling), weakness_of(telling), move_of(telling)
    return CardTraits(
        title=title,
        tagline=tagline,
        short_bio=short_bio,
        long_bio=long_bio,
        buff=buff.name,
        buff_description=buff.description,
        weakness=weakness.name,
        weakness_description=weakness.description,
        vibe=vibe.name,
        vibe_description=vibe.description,
        special_move=move.name,
        special_move_description=move.description,
        flavor_text=flavor_text,
        tags=tags,
        attack=attack_of(profile),
        defense=defense_of(profile),
        speed=speed_of(profile),
        playing_card=playing_card,
        spirit_animal=animal,
        archetype=archetype,
    )
