using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Checking;

/// <summary>
/// Decides whether the history of one register could have come from one copy of it (Herlihy and Wing; the search of Wing and Gong, with Lowe's memory
/// of what was tried). An operation without an answer may take effect at any time after its call, or never.
/// </summary>
internal static class Linearizability
{
    /// <summary>How many states may be visited before a history counts as undecided.</summary>
    private const int VisitsMax = 5_000_000;

    /// <summary>Decides about one register's history.</summary>
    /// <param name="history">The operations on it.</param>
    /// <param name="entryOf">Where in the log an operation was applied, if it was: the log's own order is tried first.</param>
    public static Verdict Check(IEnumerable<Operation> history, Func<long, EntryId?> entryOf)
    {
        Operation[] operations = [.. history.Where(IsConstraint).OrderBy(operation => operation.Invoked)];
        return IsWitness(InLogOrder(operations, entryOf)) ? Verdict.Linearizable : new Search(operations).Run();
    }

    /// <summary>
    /// The operations in the order of the log, each read after the entry whose state it saw; those that were never applied are left out.
    /// </summary>
    private static IEnumerable<Operation> InLogOrder(Operation[] operations, Func<long, EntryId?> entryOf) => operations
        .Select(operation => (Operation: operation, Entry: operation.Status == OperationStatus.Completed ? operation.Entry : entryOf(operation.Id)))
        .Where(one => one.Entry is not null)
        .OrderBy(one => one.Entry!.Value.Index)
        .ThenBy(one => !one.Operation.IsWrite)
        .Select(one => one.Operation);

    /// <summary>
    /// Whether an order explains every answer, and keeps the order of operations that did not overlap. That proves linearizability.
    /// </summary>
    private static bool IsWitness(IEnumerable<Operation> order)
    {
        long state = 0;
        long latestCall = 0;
        foreach (var operation in order)
        {
            var (next, result) = RegisterMachine.Apply(state, operation.Command);
            if (operation.Returned < latestCall || (operation.Status == OperationStatus.Completed && operation.Result != result))
            {
                return false;
            }

            state = next;
            latestCall = Math.Max(latestCall, operation.Invoked);
        }

        return true;
    }

    /// <summary>Refused operations did nothing, an unanswered read told nothing, and a stale one promised nothing.</summary>
    private static bool IsConstraint(Operation operation) =>
        (operation.Status == OperationStatus.Completed && operation.Consistency != ReadConsistency.Stale)
        || (operation.Status == OperationStatus.Unknown && operation.IsWrite);

    private sealed class Search
    {
        private readonly Operation[] operations;
        private readonly Node head = new();
        private readonly Node?[] returns;
        private readonly HashSet<Visited> visited = [];
        private readonly ulong[] done;

        public Search(Operation[] operations)
        {
            this.operations = operations;
            done = new ulong[(operations.Length + 63) / 64];
            returns = new Node?[operations.Length];
            Link();
        }

        public Verdict Run()
        {
            var stack = new Stack<(Node Call, long State)>();
            long state = 0;
            var node = head.Next;
            var answered = operations.Count(operation => operation.Status == OperationStatus.Completed);
            while (answered > 0)
            {
                if (node is { IsCall: true } && TryApply(state, operations[node.Operation]) is { } next && Visit(node.Operation, next))
                {
                    stack.Push((node, state));
                    state = next;
                    answered -= Answers(node.Operation);
                    Lift(node);
                    node = head.Next;
                }
                else if (node is { IsCall: true })
                {
                    node = node.Next;
                }
                else
                {
                    if (stack.Count == 0)
                    {
                        return Verdict.Impossible;
                    }

                    (node, state) = stack.Pop();
                    answered += Answers(node.Operation);
                    Unlift(node);
                    node = node.Next;
                }

                if (visited.Count > VisitsMax)
                {
                    return Verdict.Undecided;
                }
            }

            return Verdict.Linearizable;
        }

        private int Answers(int operation) => operations[operation].Status == OperationStatus.Completed ? 1 : 0;

        private static long? TryApply(long state, Operation operation)
        {
            var (next, result) = RegisterMachine.Apply(state, operation.Command);
            return operation.Status != OperationStatus.Completed || result == operation.Result ? next : null;
        }

        private bool Visit(int operation, long state)
        {
            done[operation / 64] |= 1UL << (operation % 64);
            if (visited.Add(new Visited([.. done], state)))
            {
                return true;
            }

            done[operation / 64] &= ~(1UL << (operation % 64));
            return false;
        }

        private void Link()
        {
            var events = new List<(long Step, bool IsReturn, int Operation)>();
            for (var i = 0; i < operations.Length; i++)
            {
                events.Add((operations[i].Invoked, false, i));
                if (operations[i].Status == OperationStatus.Completed)
                {
                    events.Add((operations[i].Returned, true, i));
                }
            }

            // At one step a return comes after a call: the two count as overlapping, which never accuses wrongly.
            events.Sort();
            var last = head;
            foreach (var (_, isReturn, operation) in events)
            {
                var node = new Node { Operation = operation, IsCall = !isReturn, Previous = last };
                last.Next = node;
                last = node;
                if (isReturn)
                {
                    returns[operation] = node;
                }
            }
        }

        private void Lift(Node call)
        {
            Detach(call);
            if (returns[call.Operation] is { } end)
            {
                Detach(end);
            }
        }

        private void Unlift(Node call)
        {
            if (returns[call.Operation] is { } end)
            {
                Attach(end);
            }

            Attach(call);
            done[call.Operation / 64] &= ~(1UL << (call.Operation % 64));
        }

        private static void Detach(Node node)
        {
            node.Previous!.Next = node.Next;
            if (node.Next is { } next)
            {
                next.Previous = node.Previous;
            }
        }

        private static void Attach(Node node)
        {
            node.Previous!.Next = node;
            if (node.Next is { } next)
            {
                next.Previous = node;
            }
        }
    }

    private sealed class Node
    {
        public int Operation { get; init; } = -1;

        public bool IsCall { get; init; }

        public Node? Next { get; set; }

        public Node? Previous { get; set; }
    }

    private readonly struct Visited(ulong[] done, long state) : IEquatable<Visited>
    {
        private readonly ulong[] done = done;
        private readonly long state = state;

        public bool Equals(Visited other) => state == other.state && done.AsSpan().SequenceEqual(other.done);

        public override bool Equals(object? obj) => obj is Visited other && Equals(other);

        public override int GetHashCode()
        {
            var hash = (ulong)state * 0x9E3779B97F4A7C15;
            foreach (var word in done)
            {
                hash = (hash ^ word) * 0xBF58476D1CE4E5B9;
                hash ^= hash >> 29;
            }

            return (int)hash;
        }
    }
}

internal enum Verdict
{
    Linearizable = 0,
    Impossible = 1,
    Undecided = 2,
}
