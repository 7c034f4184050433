using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Tests;

/// <summary>Bugs that sleep in one copy of the sources are the same bugs as in copies of their own.</summary>
public sealed class MutantWeaverTests
{
    private const string Source = """
        internal sealed class Sum
        {
            private const int Start = 1;

            public int Twice => Start + Start;

            public int Of(int a, int b)
            {
                return a + b;
            }

            public void Print() => System.Console.WriteLine(Start);
        }
        """;

    [Fact]
    public void A_member_that_two_bugs_change_gets_a_body_that_chooses_between_three()
    {
        var (woven, left) = Weave(Bug("product", "a + b", "a * b"), Bug("difference", "return a + b;", "return a - b;"));

        left.ShouldBeEmpty();
        woven.ShouldContain(
            """
                public int Of(int a, int b)
                {
            if (Chosen == 1)
            #line 1 "mutant product"
            {
                    return a * b;
                }
            #line default
            else if (Chosen == 2)
            #line 1 "mutant difference"
            {
                    return a - b;
                }
            #line default
            else {
                    return a + b;
                }
            }
            """);
    }

    [Fact]
    public void A_member_that_is_an_expression_becomes_a_choice_with_and_without_a_value()
    {
        var (woven, left) = Weave(Bug("none", "Start + Start", "0"), Bug("silent", "System.Console.WriteLine(Start)", "_ = Start"));

        left.ShouldBeEmpty();
        woven.ShouldContain("{ return 0; }");
        woven.ShouldContain("else { return Start + Start; }");
        woven.ShouldContain("{ _ = Start; }");
        woven.ShouldContain("else { System.Console.WriteLine(Start); }");
    }

    [Theory]
    [InlineData("private const int Start = 1;", "private const int Start = 2;")]
    [InlineData("public int Of(int a, int b)", "public int Of(int b, int a)")]
    [InlineData("not there", "at all")]
    [InlineData("return a + b;\n    }", "return a + b;\n    }\n\n    public int More() => 1;")]
    public void A_bug_that_changes_more_than_a_body_or_does_not_fit_is_left(string original, string planted)
    {
        var (woven, left) = Weave(Bug("wide", original, planted));

        left.ShouldHaveSingleItem().Name.ShouldBe("wide");
        woven.ShouldBe(Source);
    }

    private static Mutant Bug(string name, string original, string planted) => new(name, "", "Core", "Sum.cs", original, planted);

    private static (string Woven, List<Mutant> Left) Weave(params Mutant[] bugs)
    {
        var left = new List<Mutant>();
        return (MutantWeaver.Weave(Source, bugs.Select((bug, place) => (bug, place + 1)), "Chosen", left), left);
    }
}
