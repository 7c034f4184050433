using OrleansRaft.Cli.Demo;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>What the demo's last line is computed from.</summary>
public sealed class CounterLedgerTests
{
    private readonly CounterLedger ledger = new();

    [Fact]
    public void A_counter_that_holds_what_was_acknowledged_is_clean()
    {
        ledger.Acknowledge(1);
        ledger.Acknowledge(2);
        ledger.Close(2);

        ledger.Verdict.ShouldBe(new LedgerVerdict(2, 0, 0, 0));
    }

    [Fact]
    public void A_value_below_what_was_acknowledged_counts_as_lost()
    {
        ledger.Acknowledge(1);
        ledger.Acknowledge(2);
        ledger.Close(1);

        ledger.Verdict.ShouldBe(new LedgerVerdict(2, Lost: 1, Twice: 0, Open: 0));
    }

    [Fact]
    public void A_value_that_was_made_before_counts_as_lost()
    {
        ledger.Acknowledge(1);
        ledger.Acknowledge(1);

        ledger.Verdict.Lost.ShouldBe(1);
    }

    [Fact]
    public void A_value_that_skips_one_counts_as_applied_twice()
    {
        ledger.Acknowledge(1);
        ledger.Acknowledge(3);

        ledger.Verdict.ShouldBe(new LedgerVerdict(2, Lost: 0, Twice: 1, Open: 0));
    }

    [Fact]
    public void A_loss_and_a_repetition_do_not_cancel_out()
    {
        ledger.Acknowledge(1);
        ledger.Acknowledge(3);
        ledger.Close(2);

        ledger.Verdict.ShouldBe(new LedgerVerdict(2, Lost: 1, Twice: 1, Open: 0));
    }

    [Fact]
    public void An_open_increment_may_be_in_the_counter()
    {
        ledger.Acknowledge(1);
        ledger.LeaveOpen();
        ledger.Close(2);

        ledger.Verdict.ShouldBe(new LedgerVerdict(1, 0, 0, Open: 1));
    }
}
