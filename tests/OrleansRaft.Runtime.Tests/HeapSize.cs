using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace OrleansRaft.Runtime.Tests;

/// <summary>
/// How many bytes what can be reached from an object takes on the heap. What the collector says hangs on the other tests of the process, and what was
/// allocated counts what is garbage by now; this counts what is kept, and nothing else.
/// </summary>
internal static class HeapSize
{
    private const int HeaderBytes = 16;
    private const int LengthBytes = 8;

    private static readonly ConcurrentDictionary<Type, Shape> Shapes = new();

    /// <summary>Bytes of an object and of all that it leads to, each counted once, without what is static.</summary>
    public static long Of(object root)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<object>([root]);
        long bytes = 0;
        while (waiting.TryPop(out var next))
        {
            if (next is not (Type or Delegate) && seen.Add(next))
            {
                bytes += Align(OwnBytes(next));
                Follow(next, waiting);
            }
        }

        return bytes;
    }

    private static long OwnBytes(object one) => one switch
    {
        string text => HeaderBytes + sizeof(int) + (sizeof(char) * (text.Length + 1L)),
        Array array => HeaderBytes + LengthBytes + (array.LongLength * ShapeOf(array.GetType().GetElementType()!).Bytes),
        _ => HeaderBytes + FieldsOf(one.GetType()).Sum(static field => (long)ShapeOf(field.FieldType).Bytes),
    };

    private static void Follow(object one, Stack<object> waiting)
    {
        if (one is Array array)
        {
            if (ShapeOf(array.GetType().GetElementType()!).HasReferences)
            {
                foreach (var element in array)
                {
                    Enqueue(element, waiting);
                }
            }
        }
        else if (one is not string)
        {
            foreach (var field in FieldsOf(one.GetType()))
            {
                if (ShapeOf(field.FieldType).HasReferences)
                {
                    Enqueue(field.GetValue(one), waiting);
                }
            }
        }
    }

    /// <summary>What a field holds by value is part of what holds it.</summary>
    private static void Enqueue(object? value, Stack<object> waiting)
    {
        if (value is null or Pointer)
        {
            return;
        }

        if (value is ValueType)
        {
            Follow(value, waiting);
        }
        else
        {
            waiting.Push(value);
        }
    }

    private static IEnumerable<FieldInfo> FieldsOf(Type type)
    {
        for (var declaring = type; declaring is not null; declaring = declaring.BaseType)
        {
            foreach (var field in declaring.GetFields(
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }

    private static Shape ShapeOf(Type type) => Shapes.GetOrAdd(type, static kind => kind switch
    {
        { IsPointer: true } or { IsByRefLike: true } => new Shape(IntPtr.Size, false),
        { IsValueType: true } => (Shape)typeof(HeapSize).GetMethod(nameof(Measure), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(kind)
            .Invoke(null, null)!,
        _ => new Shape(IntPtr.Size, true),
    });

    private static Shape Measure<T>() => new(Unsafe.SizeOf<T>(), RuntimeHelpers.IsReferenceOrContainsReferences<T>());

    private static long Align(long bytes) => Math.Max(24, (bytes + 7) & ~7L);

    private readonly record struct Shape(int Bytes, bool HasReferences);
}
