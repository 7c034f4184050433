using OrleansRaft.Core.Codec;
using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>
/// What digests say. A member is written as its state, in capitals for one without a vote; with a digit for its program, '-' for no digest.
/// </summary>
public sealed class ComparisonVerdictTests
{
    [Theory]
    [InlineData("a a a", ComparisonVerdict.Equal)]
    [InlineData("a", ComparisonVerdict.Equal)]
    [InlineData("a a A", ComparisonVerdict.Equal)]
    [InlineData("a a -", ComparisonVerdict.Incomplete)]
    [InlineData("- - -", ComparisonVerdict.Incomplete)]
    [InlineData("a a a2", ComparisonVerdict.Incomplete)]
    [InlineData("a a b2", ComparisonVerdict.Incomplete)]
    [InlineData("a2 a3 b4", ComparisonVerdict.Incomplete)]
    [InlineData("a a b", ComparisonVerdict.Diverged, 3)]
    [InlineData("b a a", ComparisonVerdict.Diverged, 1)]
    [InlineData("a a a b c", ComparisonVerdict.Diverged, 4, 5)]
    [InlineData("a a a b -", ComparisonVerdict.Diverged, 4)]
    [InlineData("a a a B", ComparisonVerdict.Diverged, 4)]
    [InlineData("a a b B", ComparisonVerdict.Diverged, 3, 4)]
    [InlineData("a a a b c2", ComparisonVerdict.Diverged, 4)]
    [InlineData("a b", ComparisonVerdict.NoMajority)]
    [InlineData("a a b b", ComparisonVerdict.NoMajority)]
    [InlineData("a b c", ComparisonVerdict.NoMajority)]
    [InlineData("a b B", ComparisonVerdict.NoMajority)]
    [InlineData("a a2 b", ComparisonVerdict.NoMajority)]
    [InlineData("a a b c -", ComparisonVerdict.Undecided)]
    [InlineData("a b -", ComparisonVerdict.Undecided)]
    [InlineData("a b c -", ComparisonVerdict.NoMajority)]
    public void Of_members(string members, ComparisonVerdict verdict, params int[] wrong)
    {
        var comparison = Parse(members);

        comparison.Verdict.ShouldBe(verdict);
        comparison.Wrong.ShouldBe(wrong.Select(Replica));
    }

    [Theory]
    [InlineData("a a b", true)]
    [InlineData("a b -", false)]
    [InlineData("a a2 -", false)]
    [InlineData("a b B", false)]
    public void A_majority_is_one_of_all_voters_with_one_state_of_one_program(string members, bool hasMajority) =>
        (Parse(members).Majority is not null).ShouldBe(hasMajority);

    [Fact]
    public void A_comparison_is_read_back_as_it_was_written()
    {
        var comparison = Parse("a B a2 -");

        ComparisonCodec.Decode(ComparisonCodec.Encode(comparison)).ShouldBe(comparison);
    }

    private static Comparison Parse(string members) => new(Entry(1, 7), [.. members.Split(' ').Select(Member)]);

    private static MemberDigest Member(string text, int place) => new(
        Replica(place + 1),
        !char.IsUpper(text[0]),
        text[0] == '-' ? null : new StateDigest(text.Length > 1 ? (ulong)(text[1] - '0') : 1, new[] { (byte)char.ToLowerInvariant(text[0]) }),
        IsHalted: false);
}
