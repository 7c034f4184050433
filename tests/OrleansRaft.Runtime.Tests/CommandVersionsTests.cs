using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Which version of its state machine a command needs follows from what is marked in it, and set.</summary>
public sealed class CommandVersionsTests
{
    private enum Currency
    {
        Euro = 0,

        [Since(4)]
        Doubloon = 1,
    }

    public static TheoryData<object, int> Commands => new()
    {
        { new Deposit(5), 1 },
        { new Deposit(5, Note: "for you"), 2 },
        { new Deposit(5, Fee: 1), 3 },
        { new Deposit(5, Note: "for you", Fee: 1), 3 },
        { new Deposit(5) { In = Currency.Doubloon }, 4 },
        { new Deposit(5) { Limit = 100 }, 1 },
        { new Deposit(5) { Limit = 7 }, 6 },
        { new Deposit(5) { Limit = 0 }, 6 },
        { new Freeze(), 5 },
        { new FreezeAll(), 7 },
        { new Many([new Deposit(1), new Deposit(2, Fee: 1)]), 3 },
        { new Many([new Deposit(1)]), 1 },
        { new Named(new Dictionary<string, Deposit> { ["a"] = new(1), ["b"] = new(2, "x") }), 2 },
        { new Pair((1, new Deposit(2, Fee: 1))), 3 },
        { new Nested(new Nested(new Nested(null, Of: new Deposit(1, Fee: 2)))), 3 },
        { "text", 1 },
        { 17, 1 },
        { new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), 1 },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_needs_what_its_marks_say(object command, int needs) => CommandVersions.NeededBy(command).ShouldBe(needs);

    [Fact]
    public void The_declared_type_makes_no_difference()
    {
        CommandVersions.NeededBy(new Deposit(5, Fee: 1)).ShouldBe(3);
        CommandVersions.NeededBy<Order>(new Freeze()).ShouldBe(5);
        CommandVersions.NeededBy(new Value(1, 0)).ShouldBe(1);
        CommandVersions.NeededBy(new Value(1, 2)).ShouldBe(2);
        CommandVersions.NeededBy<string?>(null).ShouldBe(1);
        CommandVersions.NeededBy(Currency.Doubloon).ShouldBe(4);
    }

    /// <summary>Without marks, however it is nested or holds itself, nothing is looked for.</summary>
    [Fact]
    public void A_chain_without_marks_may_be_as_long_as_it_likes()
    {
        Chain? chain = null;
        for (var link = 0; link < 10_000; link++)
        {
            chain = new Chain(chain);
        }

        CommandVersions.NeededBy(chain).ShouldBe(1);
    }

    [Fact]
    public void A_chain_with_marks_that_does_not_end_is_refused()
    {
        var circle = new Circle();
        circle.Next = circle;

        Should.Throw<ArgumentException>(() => CommandVersions.NeededBy(circle)).Message.ShouldContain("deep");
    }

    [Fact]
    public void A_mark_that_names_no_later_version_is_refused() =>
        Should.Throw<ArgumentException>(() => CommandVersions.NeededBy(new Wrong(1))).Message.ShouldContain("[Since(1)] on Wrong.Amount");

    private abstract record Order;

    private sealed record Deposit(long Amount, [property: Since(2)] string? Note = null, [Since(3)] int Fee = 0) : Order
    {
        public Currency In { get; init; }

        [Since(6, Default = 100L)]
        public long Limit { get; init; } = 100;
    }

    [Since(5)]
    private record Freeze : Order;

    [Since(7)]
    private sealed record FreezeAll : Freeze;

    private sealed record Many(IReadOnlyList<Order> Orders) : Order;

    private sealed record Named(Dictionary<string, Deposit> Deposits) : Order;

    private sealed record Pair((int, Deposit) Of) : Order;

    private sealed record Nested(Nested? Next, Deposit? Of = null);

    private readonly record struct Value(int One, [Since(2)] int Two);

    private sealed class Chain(Chain? next)
    {
        public Chain? Next { get; } = next;
    }

    private sealed record Wrong([Since(1)] int Amount);

    private sealed class Circle
    {
        [Since(2)]
        public Circle? Next { get; set; }
    }
}
